/* email — one mail per contact, readable on a phone, threaded per incident.
 *
 * Message-ID is <inc-INCIDENT.DELIVERY@domain>, equal over retries, so clients drop copies. All
 * mails of an incident refer to <inc-INCIDENT.0@domain>, a root that need not exist, and keep their
 * subject; the state is the first line of the body. outcome.ref is "inc-INCIDENT.DELIVERY" (the
 * domain belongs to the settings, which a classifier does not see). */
#include "channels/channel.h"
#include "channels/clean.h"
#include "channels/mime.h"
#include "channels/verdict.h"

enum { SUBJECT_UNITS = 160, TEXT_UNITS = 50000, ID_MAX_BYTES = 40 };

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

static struct str subject_of(struct speech *speech)
{
    const struct message *m = speech->message;
    struct str subject = speech_say(speech, PART_EMAIL_SUBJECT, NULL, NULL);
    subject = clean_line(speech->arena, subject.p ? subject : m->title, SUBJECT_UNITS);
    return m->earlier_ref.n > 0 ? str_printf(speech->arena, "Re: %.*s", STR_ARG(subject)) : subject;
}

static struct str text_of(struct speech *speech, bool is_plain)
{
    struct str text = {NULL, 0};
    if (!is_plain) {
        text = speech_say(speech, PART_EMAIL_TEXT, NULL, NULL);
    }
    return text.n > 0 ? clean_block(speech->arena, text, TEXT_UNITS)
                      : speech_plain(speech, TEXT_UNITS);
}

static struct str html_of(struct speech *speech, bool is_plain)
{
    struct str html = {NULL, 0};
    if (!is_plain) {
        html = speech_say(speech, PART_EMAIL_HTML, NULL, NULL);
    }
    return html.p ? html : STR_EMPTY;
}

static struct str mail_of(const struct email_settings *email, struct speech *speech, bool is_plain)
{
    const struct message *m = speech->message;
    struct arena *a = speech->arena;
    struct str domain = domain_of(email);
    struct mime_mail mail = {
        .from_name = email->from_name,
        .from_address = email->from_address,
        .to = m->to.address,
        .subject = subject_of(speech),
        .message_id = id_at(a, m, m->id, domain),
        .root_id = id_at(a, m, STR("0"), domain),
        .date_at = m->now_at - m->clock_ahead_us,
        .boundary = mime_id(a, str_slice(m->id, 0, ID_MAX_BYTES)),
        .text = text_of(speech, is_plain),
        .html = html_of(speech, is_plain),
    };
    return mime_write(a, &mail);
}

static enum status build(const struct channel_settings *settings, struct speech *speech,
                         bool is_plain, struct transfer_request *ret, struct err *err)
{
    const struct message *message = speech->message;
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
        .body = mail_of(email, speech, is_plain),
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
