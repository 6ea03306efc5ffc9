#include "flows/run_text.h"

enum { SHOWN_MAX = 1500 };

struct str run_summary(struct arena *arena, const struct run *run)
{
    switch (run->state) {
    case RUN_STATE_EXITED:
        return str_printf(arena, "exit status %d", run->code);
    case RUN_STATE_SIGNALED:
        return str_printf(arena, "killed by signal %d", run->code);
    case RUN_STATE_TIMED_OUT:
        return STR("killed at its timeout");
    case RUN_STATE_NOT_STARTED:
        return str_printf(arena, "not started: %.*s", STR_ARG(str_clip_utf8(run->output, 300)));
    case RUN_STATE_UNKNOWN:
        return STR("unknown: the replica that ran it is gone; it was not run again");
    case RUN_STATE_REQUESTED:
    case RUN_STATE_STARTED:
    case run_state_COUNT:
        break;
    }
    UNREACHABLE("a run that has not ended");
}

struct str run_text(struct arena *arena, const struct run *run)
{
    struct str summary = run_summary(arena, run);
    struct strbuf text;
    strbuf_init(&text, arena, SHOWN_MAX + 1000);
    strbuf_printf(&text, "%.*s: %.*s", STR_ARG(run->action), STR_ARG(summary));
    if (run->state != RUN_STATE_NOT_STARTED && run->output.n) {
        strbuf_add(&text, STR("\n"));
        strbuf_add(&text, str_clip_utf8(run->output, SHOWN_MAX));
    }
    return strbuf_str(&text);
}
