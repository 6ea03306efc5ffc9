#pragma once
/* phrases — the words around an alert in the languages people are paged in.
 *
 * A table, so that templates can replace it: one row per phrase, one column per language. Unknown
 * languages read English. Layer: channels. Pure. Any thread. */
#include "domain/message.h"

/* X(id, English, Russian) */
#define PHRASES(X)                                                                                 \
    X(SAY_ACKNOWLEDGED, "Acknowledged", "Принято")                                                 \
    X(SAY_RESOLVED, "Resolved", "Решено")                                                          \
    X(SAY_RESULT, "Script result", "Итог скрипта")                                                 \
    X(SAY_REMINDER, "Still firing, acknowledged", "Всё ещё горит, принято")                        \
    X(SAY_FLAPPING, "Comes and goes", "Мигает")                                                    \
    X(SAY_FLAPPING_HINT,                                                                           \
      "It opens and clears again and again. No more pages until it stays as it is for a while.",   \
      "Загорается и гаснет снова и снова. Новых вызовов не будет, пока всё не установится.")       \
    X(SAY_STORM, "Storm", "Шторм")                                                                 \
    X(SAY_STORM_COUNTS, "%lld incidents, open: %lld, urgent: %lld",                                \
      "инцидентов: %lld, открыто: %lld, срочных: %lld")                                            \
    X(SAY_STORM_OVER, "%lld incidents, none is open any more",                                     \
      "инцидентов: %lld, открытых больше нет")                                                     \
    X(SAY_STORM_TAKEN, "Acknowledged: %lld, resolved: %lld", "Принято: %lld, решено: %lld")        \
    X(SAY_STORM_HINT,                                                                              \
      "So many pages came at once that they are collected here. The list changes as they do.",     \
      "Вызовов сразу так много, что они собраны здесь. Список меняется вместе с ними.")            \
    X(SAY_ACK_ALL_BUTTON, "Acknowledge all", "Принять все")                                        \
    X(SAY_NOTE, "Note", "Заметка")                                                                 \
    X(SAY_BY, "by", "—")                                                                           \
    X(SAY_AT, "at", "в")                                                                           \
    X(SAY_LASTED, "lasted", "длилось")                                                             \
    X(SAY_FIRING_FOR, "firing for", "горит")                                                       \
    X(SAY_SERVICE, "Service", "Сервис")                                                            \
    X(SAY_SEVERITY, "Severity", "Важность")                                                        \
    X(SAY_SINCE, "Since", "С")                                                                     \
    X(SAY_ALERTS, "Alerts", "Алерты")                                                              \
    X(SAY_FIRING_OF, "%lld of %lld firing", "горит %lld из %lld")                                  \
    X(SAY_RECEIVER, "Receiver", "Получатель")                                                      \
    X(SAY_STEP, "Escalation", "Эскалация")                                                         \
    X(SAY_ROUND_STEP, "step %d, round %d", "шаг %d, круг %d")                                      \
    X(SAY_RUNBOOK, "Runbook", "Инструкция")                                                        \
    X(SAY_MORE, "and %lld more", "и ещё %lld")                                                     \
    X(SAY_REPEAT, "This may be a repeat: an earlier attempt ended unclear.",                       \
      "Возможен повтор: чем кончилась прошлая попытка, неизвестно.")                               \
    X(SAY_PRESS, "Press “Acknowledge” to take it.", "Нажмите «Принять», чтобы взять в работу.")    \
    X(SAY_ACK_BUTTON, "Acknowledge", "Принять")                                                    \
    X(SAY_OPEN_BUTTON, "Open", "Открыть")                                                          \
    X(SAY_INCIDENT, "Incident", "Инцидент")                                                        \
    X(SAY_ALERT_RESOLVED, "resolved", "решено")                                                    \
    X(SAY_DAYS, "d", "д")                                                                          \
    X(SAY_HOURS, "h", "ч")                                                                         \
    X(SAY_MINUTES, "min", "мин")                                                                   \
    X(SAY_SECONDS, "s", "с")

enum phrase {
#define X(id, en, ru) id,
    PHRASES(X)
#undef X
        phrase_COUNT
};

/* The phrase in the language ("ru", "ru-RU"; anything else: English). A C string; SAY_FIRING_OF,
 * SAY_ROUND_STEP and SAY_MORE are filled by the functions below. */
const char *phrase_say(enum phrase, struct str language);
/* "12 min", "2 h 5 min", "3 d 4 h"; at most two units; negative counts as zero. */
struct str phrase_duration(struct arena *, int64_t us, struct str language);
/* "3 of 5 firing" */
struct str phrase_firing(struct arena *, int64_t firing, int64_t total, struct str language);
/* "134 incidents, open: 100, urgent: 12", or that none is open; and what became of the others,
 * empty while nothing did. */
struct str phrase_storm(struct arena *, const struct storm_view *, struct str language);
struct str phrase_storm_taken(struct arena *, const struct storm_view *, struct str language);
/* "step 2, round 1" */
struct str phrase_step(struct arena *, int step, int round, struct str language);
/* "and 12 more" */
struct str phrase_more(struct arena *, int64_t n, struct str language);
/* "2026-11-21 01:37 UTC" */
struct str phrase_time(struct arena *, int64_t at);
