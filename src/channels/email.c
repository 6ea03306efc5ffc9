/* email — one mail per contact, readable on a phone, threaded per incident.
 *
 * Message-ID is <inc-INCIDENT.DELIVERY@domain>, equal over retries, so clients drop copies. All
 * mails of an incident refer to <inc-INCIDENT.0@domain>, a root that need not exist, and keep their
 * subject; the state is the first line of the body. outcome.ref is "inc-INCIDENT.DELIVERY" (the
 * domain belongs to the settings, which a classifier does not see). */
#include "channels/channel.h"
#include "channels/clean.h"
#include "channels/mime.h"
#include "channels/summary.h"
#include "channels/verdict.h"

enum { HTML_MAX_BYTES = 128 * 1024, SUBJECT_UNITS = 160, ID_MAX_BYTES = 40 };

static const char html_start[] =
    "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<meta name=\"supported-color-schemes\" content=\"light dark\"></head>\n"
    "<body style=\"font-family:sans-serif;font-size:16px;line-height:1.4;margin:12px\">\n";
static const char button_style[] =
    "display:inline-block;padding:14px 28px;border-radius:6px;background:#1f6feb;color:#ffffff;"
    "font-size:18px;font-weight:bold;text-decoration:none";

static void add_element(struct strbuf *b, const char *open, struct str text, const char *close)
{
    if (text.n == 0) {
        return;
    }
    strbuf_add(b, str_from(open));
    for (struct str rest = text; rest.p;) {
        clean_escape(b, str_cut(&rest, '\n'), true);
        strbuf_add(b, rest.p ? STR("<br>\n") : STR_EMPTY);
    }
    strbuf_printf(b, "%s\n", close);
}

static void add_link(struct strbuf *b, struct str label, struct str url, const char *style)
{
    if (url.n > 0) {
        strbuf_add(b, STR("<p><a href=\""));
        clean_escape(b, url, true);
        strbuf_printf(b, "\" style=\"%s\">", style);
        clean_escape(b, label, true);
        strbuf_add(b, STR("</a></p>\n"));
    }
}

static void add_facts(struct strbuf *b, const struct summary *s)
{
    strbuf_add(b, STR("<p>"));
    for (size_t i = 0; i < s->n_facts; i++) {
        strbuf_printf(b, "%.*s: ", STR_ARG(s->facts[i].name));
        add_element(b, "<b>", s->facts[i].value, "</b><br>");
    }
    strbuf_add(b, STR("</p>\n"));
}

static struct str html_of(struct arena *a, const struct summary *s)
{
    struct strbuf b;
    strbuf_init(&b, a, HTML_MAX_BYTES);
    strbuf_add(&b, str_from(html_start));
    add_element(&b, "<h2 style=\"margin:0 0 8px\">", s->headline, "</h2>");
    add_element(&b, "<p><b>", s->status, "</b></p>");
    add_element(&b, "<p><i>", s->repeat, "</i></p>");
    add_link(&b, s->ack_label, s->ack_url, button_style);
    add_element(&b, "<p style=\"font-family:monospace\">", s->note, "</p>");
    add_facts(&b, s);
    add_element(&b, "<p>", s->description, "</p>");
    for (size_t i = 0; i < s->n_alerts; i++) {
        add_element(&b, "<div>", s->alerts[i], "</div>");
    }
    add_element(&b, "<div>", s->more, "</div>");
    add_link(&b, s->open_label, s->open_url, "font-size:16px");
    strbuf_add(&b, STR("</body></html>"));
    CHECK(!b.is_full);
    return strbuf_str(&b);
}

static struct str local_id(struct arena *a, const struct message *m, struct str last)
{
    struct str incident = mime_id(a, str_slice(m->incident_id, 0, ID_MAX_BYTES));
    return str_printf(a, "inc-%.*s.%.*s", STR_ARG(incident),
                      STR_ARG(mime_id(a, str_slice(last, 0, ID_MAX_BYTES))));
}

static struct str id_at(struct arena *a, const struct message *m, struct str last,
                        struct str domain)
{
    return str_printf(a, "%.*s@%.*s", STR_ARG(local_id(a, m, last)), STR_ARG(domain));
}

static struct str domain_of(const struct email_settings *email)
{
    struct str domain = email->from_address;
    str_cut(&domain, '@');
    return mime_is_domain(email->domain) ? email->domain : domain;
}

static struct str mail_of(const struct email_settings *email, const struct message *m,
                          bool is_plain, struct arena *a)
{
    struct summary s = summary_make(a, m, &summary_limits_default);
    struct str subject = summary_subject(a, m, SUBJECT_UNITS);
    if (m->earlier_ref.n > 0) {
        subject = str_printf(a, "Re: %.*s", STR_ARG(subject));
    }
    struct str domain = domain_of(email);
    struct mime_mail mail = {
        .from_name = email->from_name,
        .from_address = email->from_address,
        .to = m->to.address,
        .subject = subject,
        .message_id = id_at(a, m, m->id, domain),
        .root_id = id_at(a, m, STR("0"), domain),
        .date_at = m->now_at,
        .boundary = mime_id(a, str_slice(m->id, 0, ID_MAX_BYTES)),
        .text = summary_text(a, &s),
        .html = is_plain ? STR_EMPTY : html_of(a, &s),
    };
    return mime_write(a, &mail);
}

static enum status build(const struct channel_settings *settings, const struct message *message,
                         bool is_plain, struct arena *a, struct transfer_request *ret,
                         struct err *err)
{
    const struct email_settings *email = &settings->email;
    if (!settings->has_email || !mime_is_address(email->from_address)) {
        return err_set(err, ERR_INVALID, "email is not configured, or its sender is malformed");
    }
    if (!mime_is_address(message->to.address)) {
        return err_set(err, ERR_INVALID, "malformed email address");
    }
    *ret = (struct transfer_request){
        .kind = TRANSFER_SMTP,
        .url = email->server,
        .method = STR_EMPTY,
        .body = mail_of(email, message, is_plain, a),
        .mail_from = email->from_address,
        .mail_to = message->to.address,
        .username = email->username,
        .password = email->password,
        .is_plaintext_allowed = email->is_plaintext_allowed,
        .is_private_allowed = settings->is_private_allowed || email->is_plaintext_allowed,
        .ca_file = email->ca_file,
    };
    return OK;
}

/* By reply code alone: what the transport library calls it differs from version to version. */
static void classify(const struct message *message, const struct transfer_reply *reply,
                     struct arena *a, struct outcome *ret)
{
    if (verdict_without_reply(reply, a, ret)) {
        return;
    }
    int code = reply->status;
    *ret = verdict_make(OUTCOME_PERM, SCOPE_DESTINATION, STR_EMPTY);
    struct str said = clean_line(a, reply->detail, 120);
    ret->reason = str_printf(a, "SMTP %d%s%.*s", code, said.n > 0 ? ": " : "", STR_ARG(said));
    if (code >= 200 && code <= 299) {
        ret->kind = OUTCOME_OK;
        ret->ref = local_id(a, message, message->id);
    } else if (code >= 400 && code <= 499) {
        ret->kind = OUTCOME_TEMP;
    } else if (code == 530 || code == 534 || code == 535 || code == 538) {
        ret->scope = SCOPE_CREDENTIAL;
    } else if (code == 552 || code == 554) {
        ret->scope = SCOPE_PAYLOAD; /* too large, or refused for what it says: once more, plain */
    } else if (code < 200) {
        ret->kind = OUTCOME_UNKNOWN; /* no such final reply exists */
    }
}

const struct channel channel_email = {CHANNEL_EMAIL, build, classify};
