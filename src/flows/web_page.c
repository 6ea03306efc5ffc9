#include "flows/web_page.h"

#include "flows/template_trouble.h"

enum { PAGE_MAX = 256 * 1024, ALERTS_SHOWN = 20 };

/* The policy names the page's one style by being the only inline thing allowed; no script at all.
 */
#define PAGE_CSP                                                                                   \
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; "  \
    "base-uri 'none'"

static bool is_short(void *arg, struct str text, struct str *ret_why)
{
    (void)arg, (void)ret_why;
    return text.n <= PAGE_MAX;
}

enum status web_page_answer(struct query *q, const struct snapshot *snapshot,
                            enum template_part part, const struct message *message,
                            const struct template_page *page, const char *said, int status,
                            struct err *err)
{
    static const struct exchange_header headers[] = {
        {{"content-security-policy", 23}, {PAGE_CSP, sizeof(PAGE_CSP) - 1}}};
    struct speech speech;
    struct template_page shown = *page;
    speech_init(&speech, snapshot->settings->channels.templates, message, q->arena);
    shown.said = said ? speech_word(&speech, said) : STR_EMPTY;
    speech.page = &shown;
    speech.limits.listed = ALERTS_SHOWN;
    struct str html = speech_say(&speech, part, is_short, NULL);
    template_trouble_note(q->deps, speech.complaint, 0);
    if (!html.p) {
        return err_set(err, ERR_INTERNAL, "no page: %.*s", STR_ARG(speech.complaint));
    }
    exchange_answer(q->exchange,
                    &(struct exchange_reply){.status = status,
                                             .content_type = STR("text/html; charset=utf-8"),
                                             .body = html,
                                             .headers = headers,
                                             .n_headers = 1});
    return OK;
}
