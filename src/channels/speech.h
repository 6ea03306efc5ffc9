#pragma once
/* speech — puts one message into words: runs its templates, with texts cut until the result fits.
 *
 * A template that fails, or whose result fits under no circumstances, does not stop a message: the
 * built-in one is used instead, and the first complaint is kept for whoever can do something about
 * it. Should that fail, too, speech_plain has words that need no template.
 * Layer: channels. Pure but for the arena. One thread.
 *
 *     struct speech speech;
 *     speech_init(&speech, settings->templates, message, arena);
 *     struct str html = speech_say(&speech, PART_TELEGRAM, is_short_enough, NULL);
 */
#include "channels/message_templates.h"
#include "channels/template_data.h"

struct speech {
    const struct message_templates *templates;
    const struct message *message;
    struct arena *arena;
    struct str (*defuse)(struct arena *, struct str); /* see template_view; may be set */
    const struct template_page *page;                 /* likewise */
    struct text_limits limits; /* to begin with, but for a receiver's own texts; may be set */
    struct str complaint;      /* "slack.blocks: template: my.tmpl:3:…"; empty: all is well */
    struct value data;         /* of the last rendering, and what it was made for */
    struct template_view data_view;
};

/* `templates` NULL: those that are built in. */
void speech_init(struct speech *, const struct message_templates *, const struct message *,
                 struct arena *);
/* Is the result short enough, and otherwise as it must be? If not, *ret_why may say why. */
typedef bool speech_fits(void *arg, struct str text, struct str *ret_why);
/* The part, in the arena. No text (p == NULL): the receiver has no such part of its own, or nothing
 * fits. */
struct str speech_say(struct speech *, enum template_part, speech_fits *, void *arg);
/* All of it in plain words, of at most max units (channels/clean.h). */
struct str speech_plain(struct speech *, size_t max);
/* A word in the language of whom it goes to. */
struct str speech_word(const struct speech *, const char *key);
/* Complains, unless somebody did. */
void speech_complain(struct speech *, enum template_part, struct str what);
