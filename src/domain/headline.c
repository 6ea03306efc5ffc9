#include "domain/headline.h"

enum { TEXT_MAX = 300 };

/* One line, no control characters: it becomes a subject, a header, a log line. */
static struct str one_line(struct arena *arena, struct str text)
{
    text = str_clip_utf8(str_trim(text), TEXT_MAX);
    char *copy = arena_dup(arena, text.p, text.n);
    for (size_t i = 0; i < text.n; i++) {
        if ((unsigned char)copy[i] < 0x20 || copy[i] == 0x7f) {
            copy[i] = ' ';
        }
    }
    return (struct str){copy, text.n};
}

static struct str first_of(struct labels labels, const struct str *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct str value = labels_get(labels, names[i]);
        if (value.n) {
            return value;
        }
    }
    return STR_EMPTY;
}

static struct str title(const struct incident *incident, const struct alert *alert,
                        struct arena *arena)
{
    struct str summary = labels_get(alert->annotations, STR("summary"));
    if (summary.n) {
        return summary;
    }
    struct strbuf text;
    strbuf_init(&text, arena, 2 * TEXT_MAX);
    struct str name = labels_get(alert->labels, STR("alertname"));
    strbuf_add(&text, name.n ? name : STR("alert without a name"));
    for (size_t i = 0; i < incident->group_labels.n; i++) {
        const struct label *label = &incident->group_labels.v[i];
        if (!str_eq(label->name, STR("alertname"))) {
            strbuf_printf(&text, " %.*s=%.*s", STR_ARG(label->name), STR_ARG(label->value));
        }
    }
    return strbuf_str(&text);
}

struct str alert_severity(const struct alert *alert, struct arena *arena)
{
    struct str severity = labels_get(alert->labels, STR("severity"));
    return one_line(arena, severity.n ? severity : STR("none"));
}

void incident_describe(struct incident *incident, const struct alert *first, struct arena *arena)
{
    static const struct str services[] = {{"service", 7}, {"app", 3}, {"job", 3}, {"namespace", 9}};
    incident->title = one_line(arena, title(incident, first, arena));
    incident->service =
        one_line(arena, first_of(first->labels, services, sizeof(services) / sizeof(services[0])));
    incident->severity = alert_severity(first, arena);
}
