#include "flows/duty_feed.h"

#include "base/digest.h"
#include "formats/base64.h"
#include "formats/hex.h"
#include "formats/ical.h"
#include "formats/percent.h"

enum { UID_BYTES = 16 };

/* A shift is the same event as long as who, where and since when stay. */
static struct str shift_uid(struct arena *arena, const struct schedule *schedule,
                            const struct shift *shift)
{
    struct digest digest;
    uint8_t hash[UID_BYTES];
    digest_init(&digest, sizeof(hash));
    digest_add(&digest, STR("alertify-shift"));
    digest_add(&digest, schedule->id);
    digest_add(&digest, shift->duty.user->id);
    digest_add(&digest, str_printf(arena, "%lld", (long long)shift->from_at));
    digest_end(&digest, hash);
    struct str text = hex_encode(arena, (struct str){(const char *)hash, sizeof(hash)});
    return str_printf(arena, "%.*s@alertify", STR_ARG(text));
}

static struct str describe(struct arena *arena, const struct duty *duty)
{
    if (duty->reason == DUTY_OVERRIDE) {
        return duty->override->reason.n > 0
                   ? str_printf(arena, "Override: %.*s", STR_ARG(duty->override->reason))
                   : STR("Override");
    }
    return str_printf(arena, "Layer %zu, turn %lld", duty->layer + 1, (long long)duty->turn + 1);
}

static void write_shift(struct strbuf *out, struct arena *arena, const struct duty_feed *feed,
                        const struct schedule *schedule, const struct shift *shift)
{
    struct ical_event event = {
        .uid = shift_uid(arena, schedule, shift),
        .summary = feed->user ? str_printf(arena, "On call: %.*s", STR_ARG(schedule->id))
                              : str_printf(arena, "%.*s: %.*s", STR_ARG(schedule->id),
                                           STR_ARG(shift->duty.user->name)),
        .description = describe(arena, &shift->duty),
        .start_at = shift->from_at,
        .end_at = shift->to_at,
        .stamp_at = feed->stamp_at,
    };
    ical_event(out, &event);
}

static bool write_schedule(struct strbuf *out, struct arena *arena, const struct duty_feed *feed,
                           const struct schedule *schedule)
{
    struct shifts shifts = schedule_shifts(
        schedule, feed->overrides, feed->from_at - DUTY_FEED_RUN_UP_US, feed->until_at, arena);
    for (size_t i = 0; i < shifts.n; i++) {
        const struct shift *shift = &shifts.v[i];
        const struct user *user = shift->duty.user;
        if (user && (!feed->user || user == feed->user) && shift->to_at > feed->from_at) {
            write_shift(out, arena, feed, schedule, shift);
        }
    }
    return !shifts.is_cut;
}

bool duty_feed_write(struct arena *arena, const struct duty_feed *feed, struct str *ret)
{
    struct strbuf out;
    bool is_whole = true;
    strbuf_init(&out, arena, FEED_BYTES_MAX);
    CHECK((feed->schedule != NULL) != (feed->user != NULL));
    ical_begin(&out, feed->user ? str_printf(arena, "On call: %.*s", STR_ARG(feed->user->name))
                                : str_printf(arena, "On call: %.*s", STR_ARG(feed->schedule->id)));
    for (size_t i = 0; i < feed->directory->n_schedules; i++) {
        const struct schedule *schedule = &feed->directory->schedules[i];
        if (!feed->schedule || schedule == feed->schedule) {
            is_whole &= write_schedule(&out, arena, feed, schedule);
        }
    }
    ical_end(&out);
    *ret = strbuf_str(&out);
    return is_whole && !out.is_full;
}

struct str feed_token(struct arena *arena, const struct secret *master, struct str kind,
                      struct str name)
{
    struct digest digest;
    uint8_t hash[FEED_TOKEN_BYTES];
    digest_init(&digest, sizeof(hash));
    digest_add(&digest, secret_reveal(master)); /* BLAKE2b: a prefixed key makes it a MAC */
    digest_add(&digest, STR("alertify-feed-v1"));
    digest_add(&digest, kind);
    digest_add(&digest, name);
    digest_end(&digest, hash);
    return base64url_encode(arena, (struct str){(const char *)hash, sizeof(hash)});
}

struct str feed_path(struct arena *arena, const struct secret *master, struct str kind,
                     struct str name)
{
    struct strbuf encoded;
    strbuf_init(&encoded, arena, 4096);
    percent_encode(&encoded, name);
    return str_printf(arena, "/v1/%.*ss/%s.ics?token=%.*s", STR_ARG(kind), encoded.p,
                      STR_ARG(feed_token(arena, master, kind, name)));
}
