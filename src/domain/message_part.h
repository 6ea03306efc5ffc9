#pragma once
/* message_part — what a message or a page is made of, each a template of its own.
 *
 * A receiver's own text takes the place of a part; those marked "own only" exist only so.
 * Layer: domain. Constant. */
#include "base/enum_names.h"
#include "base/str.h"

#define TEMPLATE_PARTS(X)                                                                          \
    X(PART_TEXT, "alertify.text") /* all of it as plain text: what is sent when all fails */       \
    X(PART_SLACK_BLOCKS, "slack.blocks") /* JSON: an array of Block Kit blocks */                  \
    X(PART_SLACK_TEXT, "slack.text")     /* mrkdwn: the line a lock screen shows */                \
    X(PART_SLACK_TITLE, "slack.title")   /* mrkdwn; own only, as the next four: with a title or a  \
                                            body there is an attachment as Alertmanager's, and no  \
                                            blocks */                                              \
    X(PART_SLACK_TITLE_LINK, "slack.title_link")                                                   \
    X(PART_SLACK_PRETEXT, "slack.pretext")  /* mrkdwn */                                           \
    X(PART_SLACK_BODY, "slack.body")        /* mrkdwn */                                           \
    X(PART_SLACK_COLOR, "slack.color")      /* "danger", "#439FE0" */                              \
    X(PART_TELEGRAM, "telegram.html")       /* HTML as Telegram has it */                          \
    X(PART_TELEGRAM_PLAIN, "telegram.text") /* own only: sent as it is, without any markup */      \
    X(PART_EMAIL_SUBJECT, "email.subject")                                                         \
    X(PART_EMAIL_TEXT, "email.text")                                                               \
    X(PART_EMAIL_HTML, "email.html")                                                               \
    X(PART_CONSOLE, "console.text")                                                                \
    X(PART_WEBHOOK, "webhook.json") /* JSON */                                                     \
    X(PART_PAGE, "page.html")       /* what a link opens */                                        \
    X(PART_STORM_PAGE, "storm_page.html")                                                          \
    X(PART_NOTICE_PAGE, "notice_page.html") /* a link that does not work */
ENUM_DECLARE(template_part, TEMPLATE_PARTS)

/* What a receiver's messages say instead of the usual. */
struct message_text {
    enum template_part part;
    struct str text;  /* a template */
    struct str where; /* "routes/x.yml:12:3" */
};
