#pragma once
/* summary — what every channel says about a message, in words, before any syntax.
 *
 * The first line tells a half-asleep engineer what is broken, how bad it is and since when; the
 * rest follows in the order in which it is needed. All texts are clean (channels/clean.h) and not
 * yet escaped. Layer: channels. Pure but for the arena. Any thread.
 *
 *     struct summary s = summary_make(arena, message, &summary_limits_default);
 */
#include "domain/message.h"

struct summary_limits { /* UTF-16 units, see channels/clean.h */
    size_t title;       /* the title inside the headline */
    size_t value;       /* one fact */
    size_t alert;       /* one alert's line */
    size_t text;        /* description, note */
    size_t alerts;      /* how many alerts are listed */
};

extern const struct summary_limits summary_limits_default;

enum { SUMMARY_FACTS_MAX = 8 };

struct summary_fact {
    struct str name, value;
    bool is_url; /* value passed clean_is_url */
};

struct summary {
    struct str headline; /* "🔴 CRITICAL: Disk full on db1 — firing for 12 min" */
    struct str status;   /* "Acknowledged by Anna at 2026-…", or empty */
    struct str press;    /* what to do now, or empty */
    struct str repeat;   /* "This may be a repeat…", or empty */
    struct summary_fact facts[SUMMARY_FACTS_MAX];
    size_t n_facts;
    struct str note;        /* a person's note or a script's result; may have several lines */
    struct str description; /* the only alert's annotation; may have several lines */
    struct str alerts[STORM_ITEMS_MAX]; /* "• …" firing, "✓ …" resolved; a storm's incidents */
    size_t n_alerts;
    struct str more; /* "and 12 more", or empty */
    struct str ack_label, open_label;
    struct str ack_url, open_url; /* empty: no button */
};

struct summary summary_make(struct arena *, const struct message *, const struct summary_limits *);
/* The same limits made tighter; for rendering again when the first result was too long. */
struct summary_limits summary_limits_tighter(struct summary_limits);
/* All of it as plain lines, links included: fallback texts, console, text/plain. */
struct str summary_text(struct arena *, const struct summary *);
/* A subject that stays the same over an incident's life, so that mails stay one thread:
 * "[#42] critical: Disk full on db1". One line of at most max units. */
struct str summary_subject(struct arena *, const struct message *, size_t max);
/* The message is about something that still wants somebody: a button to acknowledge is shown. */
bool summary_wants_ack(const struct message *);
