#pragma once
/* sometimes — the interesting states. A simulation that never gets there proves nothing about them,
 * so every one has to be reached by the seeds of a run. */
#include <stdint.h>

#define SOMETIMES_TABLE(X)                                                                         \
    X(LOCK_SKIPPED)                                                                                \
    X(LOCK_AWAITED)                                                                                \
    X(LOCK_TIMEOUT)                                                                                \
    X(DEADLOCK)                                                                                    \
    X(CONNECT_FAILED)                                                                              \
    X(LINK_HALF_OPEN)                                                                              \
    X(REQUEST_LOST)                                                                                \
    X(ANSWER_LOST)                                                                                 \
    X(ANSWER_LATE)                                                                                 \
    X(COMMIT_HANGS)                                                                                \
    X(COMMIT_SLOW)                                                                                 \
    X(COMMIT_TIMEOUT)                                                                              \
    X(COMMIT_OUTLIVES_CLIENT)                                                                      \
    X(COMMIT_LOST_IN_FAILOVER)                                                                     \
    X(SERVER_RESTARTED)                                                                            \
    X(FAILED_OVER)                                                                                 \
    X(CLOCK_STEPPED)                                                                               \
    X(UPGRADED)                                                                                    \
    X(CLOCK_HELD)                                                                                  \
    X(CLOCK_SKIPPED)                                                                               \
    X(CRASH)                                                                                       \
    X(CRASH_WHILE_SENDING)                                                                         \
    X(CRASH_WHILE_RUNNING)                                                                         \
    X(ALL_CRASHED)                                                                                 \
    X(PAUSED)                                                                                      \
    X(DRAINED)                                                                                     \
    X(RELOADED)                                                                                    \
    X(LEAD_TAKEN)                                                                                  \
    X(PROVIDER_ERROR)                                                                              \
    X(PROVIDER_ASKS_TO_WAIT)                                                                       \
    X(PROVIDER_SILENT)                                                                             \
    X(PROVIDER_ANSWER_LOST)                                                                        \
    X(PROVIDER_SLOW)                                                                               \
    X(HTTP_ANSWER_LOST)                                                                            \
    X(WEBHOOK_RETRIED)                                                                             \
    X(WEBHOOK_PARKED)                                                                              \
    X(STALE_COPY)                                                                                  \
    X(PROCESSED_OUT_OF_ORDER)                                                                      \
    X(QUARANTINED)                                                                                 \
    X(CLICKED)                                                                                     \
    X(CLICKED_TWICE)                                                                               \
    X(CLICK_RETRIED)                                                                               \
    X(LINK_SCANNED)                                                                                \
    X(RESOLVED_BY_HAND)                                                                            \
    X(ACK_WHILE_SENDING)                                                                           \
    X(TAKEN_AFTER_ACK)                                                                             \
    X(LATE_ACK)                                                                                    \
    X(REMINDED)                                                                                    \
    X(UNACKNOWLEDGED)                                                                              \
    X(REOPENED)                                                                                    \
    X(REOPENED_BY_HAND)                                                                            \
    X(FLAPPING)                                                                                    \
    X(SETTLED)                                                                                     \
    X(MUTED)                                                                                       \
    X(SILENCE_RESOLVED)                                                                            \
    X(CATCH_ALL)                                                                                   \
    X(STEP_SKIPPED)                                                                                \
    X(ROUND_REPEATED)                                                                              \
    X(HELD_BY_SCRIPT)                                                                              \
    X(RUN_FAILED)                                                                                  \
    X(RUN_UNKNOWN)                                                                                 \
    X(DELIVERY_TAKEN_OVER)                                                                         \
    X(DELIVERY_RETRIED)                                                                            \
    X(DELIVERY_MOVED_ON)                                                                           \
    X(DELIVERY_SUPERSEDED)                                                                         \
    X(DELIVERY_HELD)                                                                               \
    X(DELIVERY_FAILED)                                                                             \
    X(COPY_SENT_TWICE)                                                                             \
    X(FENCE_STALE)                                                                                 \
    X(INTENT_REPEATED)                                                                             \
    X(STORM)                                                                                       \
    X(SUMMARY_TOUCHED)                                                                             \
    X(SUMMARY_EDITED)                                                                              \
    X(SUMMARY_FAILED)                                                                              \
    X(PAGE_UNCOVERED)                                                                              \
    X(STRAY)                                                                                       \
    X(STRAY_OF_RESOLVED)                                                                           \
    X(TURN_BEHIND_ANOTHER_REPLICA)                                                                 \
    X(TURN_AWAITED)                                                                                \
    X(TURNS_IN_ONE_BATCH)                                                                          \
    X(TURN_PASSED_OVER)                                                                            \
    X(TURN_GOES_ON)                                                                                \
    X(SNOOZED)                                                                                     \
    X(ESCALATED)                                                                                   \
    X(REASSIGNED)                                                                                  \
    X(RESPONDER_ADDED)                                                                             \
    X(SILENCED)                                                                                    \
    X(SILENCE_ENDED)                                                                               \
    X(MUTED_WOKEN)                                                                                 \
    X(PAGED_IN_SPITE_OF_SILENCE)                                                                   \
    X(SILENCE_OVER)                                                                                \
    X(RESOLVED_IN_SILENCE)                                                                         \
    X(SEVERITY_RAISED)                                                                             \
    X(SEVERITY_RAISED_AND_PAGED)                                                                   \
    X(SEVERITY_SET_BY_HAND)                                                                        \
    X(MERGED)                                                                                      \
    X(MERGED_CROSSWISE)                                                                            \
    X(MERGED_NOT_WOKEN)                                                                            \
    X(UNMERGED)                                                                                    \
    X(ROOT_ENDED)                                                                                  \
    X(RESOLVED_WITH_ROOT)

enum sometimes {
#define X(id) SOMETIMES_##id,
    SOMETIMES_TABLE(X)
#undef X
        sometimes_COUNT
};

extern uint64_t *sometimes_counts;
const char *sometimes_name(enum sometimes);

#define SOMETIMES(id) ((void)sometimes_counts[SOMETIMES_##id]++)
