#include "channels/speech.h"

#include "channels/clean.h"
#include "channels/json_pen.h"

enum { TRIES_MAX = 16, OUTPUT_MAX = 256 * 1024 };

void speech_init(struct speech *speech, const struct message_templates *templates,
                 const struct message *message, struct arena *arena)
{
    *speech = (struct speech){.templates = templates ? templates : message_templates_builtin(),
                              .message = message,
                              .arena = arena,
                              .limits = text_limits_default,
                              .complaint = STR_EMPTY};
}

void speech_complain(struct speech *speech, enum template_part part, struct str what)
{
    if (speech->complaint.n == 0) {
        speech->complaint =
            str_printf(speech->arena, "%s: %.*s", template_part_name(part), STR_ARG(what));
    }
}

struct str speech_word(const struct speech *speech, const char *key)
{
    return words_get(message_templates_words(speech->templates, speech->message->to.language), key);
}

/* --- one rendering ---------------------------------------------------------------------------- */

static bool is_json(enum template_part part)
{
    return part == PART_SLACK_BLOCKS || part == PART_WEBHOOK;
}

static bool is_mrkdwn(enum template_part part)
{
    return part == PART_SLACK_TEXT || part == PART_SLACK_TITLE || part == PART_SLACK_PRETEXT ||
           part == PART_SLACK_BODY;
}

/* Words and times are those of the configuration, whoever's the template is. */
static bool is_same_view(const struct template_view *a, const struct template_view *b)
{
    const struct text_limits *x = &a->limits, *y = &b->limits;
    return a->words == b->words && a->zone == b->zone && a->defuse == b->defuse &&
           a->page == b->page && x->title == y->title && x->value == y->value &&
           x->line == y->line && x->text == y->text && x->listed == y->listed &&
           x->alerts == y->alerts;
}

/* Making it costs more than a template: the parts of a message share it. */
static const struct value *data_for(struct speech *speech, const struct template_view *view)
{
    if (!speech->data.type || !is_same_view(&speech->data_view, view)) {
        speech->data = template_data_make(speech->arena, speech->message, view);
        speech->data_view = *view;
    }
    return &speech->data;
}

static enum status render(struct speech *speech, enum template_part part,
                          const struct template *template, const struct text_limits *limits,
                          struct str *ret, struct str *ret_why)
{
    const struct message *m = speech->message;
    struct template_env env = message_templates_env(speech->templates, m->now_at);
    const struct template_view view = {
        .words = message_templates_words(speech->templates, m->to.language),
        .zone = env.local,
        .limits = *limits,
        .defuse = speech->defuse,
        .page = speech->page};
    const struct value *data = data_for(speech, &view);
    struct json_pen pen;
    struct template_writer plain = mrkdwn_writer;
    struct template_error error;
    struct strbuf out;
    json_pen_init(&pen, speech->arena, part == PART_SLACK_BLOCKS);
    env.data = data;
    env.writer = is_json(part) ? &pen.writer : is_mrkdwn(part) ? &plain : NULL;
    strbuf_init(&out, speech->arena, OUTPUT_MAX);
    enum status status = template_render(template, data, &env, speech->arena, &out, &error);
    if (status != OK) {
        *ret_why = error.text;
        return status;
    }
    *ret = strbuf_str(&out);
    if (!str_is_utf8(*ret)) { /* templates cut as they like */
        *ret = clean_text(speech->arena, *ret, SIZE_MAX / 8);
    }
    return OK;
}

/* Texts are cut a little more each time. False without a reason: there is no such part. */
static bool say_with(struct speech *speech, const struct message_templates *templates,
                     enum template_part part, speech_fits *fits, void *arg, struct str *ret,
                     struct str *ret_why)
{
    bool is_own;
    const struct template *template =
        message_templates_find(templates, part, speech->message->receiver, &is_own);
    struct text_limits limits = is_own ? text_limits_open : speech->limits;
    *ret_why = STR_EMPTY;
    for (int i = 0; template && i < TRIES_MAX; i++) {
        *ret_why = STR("the result is too long");
        enum status status = render(speech, part, template, &limits, ret, ret_why);
        if (status != OK && status != ERR_TOO_LARGE) {
            return false;
        }
        if (status == OK && (!fits || fits(arg, *ret, ret_why))) {
            return true;
        }
        limits = text_limits_tighter(limits);
    }
    return false;
}

/* --- what never fails ------------------------------------------------------------------------- */

static bool is_within(void *arg, struct str text, struct str *ret_why)
{
    (void)ret_why;
    return clean_len(text) <= *(const size_t *)arg;
}

/* Without any template. */
static struct str last_words(struct speech *speech, size_t max)
{
    const struct message *m = speech->message;
    struct arena *a = speech->arena;
    struct str text = str_printf(a, "%.*s %.*s", STR_ARG(clean_line(a, m->severity, 24)),
                                 STR_ARG(clean_line(a, m->title, 200)));
    text = speech->defuse ? speech->defuse(a, text) : text;
    text = str_printf(a, "%.*s #%lld", STR_ARG(text), (long long)m->incident_number);
    struct str with_link = str_printf(a, "%.*s\n%.*s", STR_ARG(text), STR_ARG(m->ack_url));
    bool has_link = message_wants_ack(m) && clean_is_url(m->ack_url);
    if (has_link && clean_len(with_link) <= max) {
        return with_link;
    }
    return clean_len(text) <= max ? text : clean_line(a, text, max);
}

struct str speech_plain(struct speech *speech, size_t max)
{
    struct str text, why;
    return say_with(speech, message_templates_builtin(), PART_TEXT, is_within, &max, &text, &why)
               ? str_trim(text)
               : last_words(speech, max);
}

struct str speech_say(struct speech *speech, enum template_part part, speech_fits *fits, void *arg)
{
    struct str text, why;
    if (say_with(speech, speech->templates, part, fits, arg, &text, &why)) {
        return text;
    }
    if (why.n > 0) {
        speech_complain(speech, part, why);
    }
    if (say_with(speech, message_templates_builtin(), part, fits, arg, &text, &why)) {
        return text;
    }
    return (struct str){NULL, 0};
}
