#pragma once
/* template_data — what message templates are about: Alertmanager's data model, and ours beside it.
 *
 * The dot is a Data with the fields, types and methods that Alertmanager's templates have
 * (.Receiver, .Status, .Alerts.Firing, .CommonLabels.SortedPairs, …), so that its templates run
 * unchanged. What Grafana adds to an alert, and what we add to the whole (.Incident, .Target,
 * .Notice, …; docs/templates.md), is reached by name but is no part of the whole when that is
 * printed or made JSON. All text is clean (channels/clean.h) and not escaped.
 * Layer: channels. Pure but for the arena, which must outlive the value. Any thread. */
#include "channels/words.h"
#include "domain/message.h"
#include "formats/template/template.h"

/* How long texts may be, in UTF-16 units (channels/clean.h): they are cut on their way in, because
 * markup that is cut is broken. */
struct text_limits {
    size_t title;  /* of an incident */
    size_t value;  /* a label, a fact */
    size_t line;   /* an alert's, or an incident's of a storm */
    size_t text;   /* an annotation, a description, a note */
    size_t listed; /* lines there are */
    size_t alerts; /* that a template sees */
};
extern const struct text_limits text_limits_default;
/* For templates that were written without any limits in mind. */
extern const struct text_limits text_limits_open;
/* The same made tighter, for another try when the first result was too long. */
struct text_limits text_limits_tighter(struct text_limits);

/* What a page behind a link shows beside the incident. */
struct template_page {
    struct str said;   /* what came of the click, or why nothing did; may be empty */
    struct str nonce;  /* of the form; empty: there is no button */
    struct str action; /* of the button: "resolve", "snooze", or else it acknowledges */
    struct str whom;   /* the link was sent to */
    bool is_expired;   /* why the link does not work */
};

/* How a message is put into words. */
struct template_view {
    const struct words *words;
    const struct gotime_zone *zone; /* to show times in */
    struct text_limits limits;
    /* Makes text that a channel would turn into something live harmless; NULL: there is none. */
    struct str (*defuse)(struct arena *, struct str);
    const struct template_page *page; /* NULL: it is a message */
};

struct value template_data_make(struct arena *, const struct message *,
                                const struct template_view *);

/* From the body of an Alertmanager webhook, or what amtool takes as --template.data; our own fields
 * as "incident", "target" and so on. Unknown keys are ignored. ERR_SYNTAX or ERR_INVALID. */
MUST_CHECK enum status template_data_read(struct arena *, struct str json,
                                          const struct gotime_zone *local, struct value *ret,
                                          struct err *);

/* Functions beside Alertmanager's: include, and routeLabels, which needs env.data to be the Data.
 */
const struct template_func *template_data_funcs(size_t *ret_n);

/* The message still wants somebody: a button to acknowledge is shown. */
bool message_wants_ack(const struct message *);

/* The types, for those who make values themselves. */
extern const struct value_type template_type_data, template_type_alerts, template_type_alert,
    template_type_kv;
