#include "domain/incident.h"

ENUM_DEFINE(incident_state, INCIDENT_STATES)
ENUM_DEFINE(incident_event, INCIDENT_EVENTS)

struct arrow {
    enum transition kind;
    enum incident_state next;
};

#define TO(state)                                                                                  \
    {                                                                                              \
        TRANSITION_CHANGED, state                                                                  \
    }
#define SAME                                                                                       \
    {                                                                                              \
        TRANSITION_SAME, 0                                                                         \
    }
#define REFUSED                                                                                    \
    {                                                                                              \
        TRANSITION_REFUSED, 0                                                                      \
    }

static const struct arrow arrows[incident_state_COUNT][incident_event_COUNT] = {
    [INCIDENT_OPEN] =
        {
            [INCIDENT_FIRE] = SAME,
            [INCIDENT_CLEAR] = TO(INCIDENT_RESOLVED),
            [INCIDENT_ACKNOWLEDGE] = TO(INCIDENT_ACKNOWLEDGED),
            [INCIDENT_UNACKNOWLEDGE] = SAME,
            [INCIDENT_RESOLVE] = TO(INCIDENT_RESOLVED),
        },
    [INCIDENT_ACKNOWLEDGED] =
        {
            [INCIDENT_FIRE] = SAME,
            [INCIDENT_CLEAR] = TO(INCIDENT_RESOLVED),
            [INCIDENT_ACKNOWLEDGE] = SAME,
            [INCIDENT_UNACKNOWLEDGE] = TO(INCIDENT_OPEN),
            [INCIDENT_RESOLVE] = TO(INCIDENT_RESOLVED),
        },
    [INCIDENT_RESOLVED] =
        {
            [INCIDENT_FIRE] = TO(INCIDENT_OPEN),
            [INCIDENT_CLEAR] = SAME,
            [INCIDENT_ACKNOWLEDGE] = REFUSED,
            [INCIDENT_UNACKNOWLEDGE] = REFUSED,
            [INCIDENT_RESOLVE] = SAME,
        },
};

enum transition incident_transition(struct incident *incident, enum incident_event event)
{
    CHECK((unsigned)incident->state < incident_state_COUNT &&
          (unsigned)event < incident_event_COUNT);
    const struct arrow *arrow = &arrows[incident->state][event];
    if (arrow->kind == TRANSITION_CHANGED) {
        if (incident->state == INCIDENT_RESOLVED) {
            incident->cycle++;
        }
        incident->state = arrow->next;
    }
    return arrow->kind;
}

bool incident_takes_alerts(const struct incident *incident, int64_t now_at)
{
    return incident->state != INCIDENT_RESOLVED ||
           now_at - incident->resolved_at <= INCIDENT_REOPEN_US;
}
