#include "channels/phrases.h"

#include "base/calendar.h"
#include "base/time_units.h"

static const char *const english[] = {
#define X(id, en, ru) [id] = en,
    PHRASES(X)
#undef X
};
static const char *const russian[] = {
#define X(id, en, ru) [id] = ru,
    PHRASES(X)
#undef X
};

static bool is_russian(struct str language)
{
    return str_eq_nocase(language, STR("ru")) || str_starts_with(language, STR("ru-")) ||
           str_starts_with(language, STR("ru_"));
}

const char *phrase_say(enum phrase phrase, struct str language)
{
    CHECK((unsigned)phrase < phrase_COUNT);
    return is_russian(language) ? russian[phrase] : english[phrase];
}

struct str phrase_duration(struct arena *a, int64_t us, struct str language)
{
    int64_t left = us > 0 ? us / US_PER_S : 0;
    long long days = left / 86400, hours = left / 3600 % 24, minutes = left / 60 % 60;
    const char *d = phrase_say(SAY_DAYS, language), *h = phrase_say(SAY_HOURS, language);
    const char *m = phrase_say(SAY_MINUTES, language);
    if (days > 0) {
        return hours ? str_printf(a, "%lld %s %lld %s", days, d, hours, h)
                     : str_printf(a, "%lld %s", days, d);
    }
    if (hours > 0) {
        return minutes ? str_printf(a, "%lld %s %lld %s", hours, h, minutes, m)
                       : str_printf(a, "%lld %s", hours, h);
    }
    if (minutes > 0) {
        return str_printf(a, "%lld %s", minutes, m);
    }
    return str_printf(a, "%lld %s", (long long)left, phrase_say(SAY_SECONDS, language));
}

/* The rows with numbers are formats; both columns take the same arguments (test_phrases). */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
struct str phrase_firing(struct arena *a, int64_t firing, int64_t total, struct str language)
{
    return str_printf(a, phrase_say(SAY_FIRING_OF, language), (long long)firing, (long long)total);
}

struct str phrase_storm(struct arena *a, const struct storm_view *v, struct str language)
{
    long long total = (long long)v->total;
    return v->open > 0 ? str_printf(a, phrase_say(SAY_STORM_COUNTS, language), total,
                                    (long long)v->open, (long long)v->urgent)
                       : str_printf(a, phrase_say(SAY_STORM_OVER, language), total);
}

struct str phrase_storm_taken(struct arena *a, const struct storm_view *v, struct str language)
{
    return v->acknowledged + v->resolved > 0
               ? str_printf(a, phrase_say(SAY_STORM_TAKEN, language), (long long)v->acknowledged,
                            (long long)v->resolved)
               : STR_EMPTY;
}

struct str phrase_step(struct arena *a, int step, int round, struct str language)
{
    return str_printf(a, phrase_say(SAY_ROUND_STEP, language), step, round);
}

struct str phrase_more(struct arena *a, int64_t n, struct str language)
{
    return str_printf(a, phrase_say(SAY_MORE, language), (long long)n);
}
#pragma GCC diagnostic pop

struct str phrase_time(struct arena *a, int64_t at)
{
    if (at == AT_NONE) {
        return STR("?");
    }
    struct calendar_time t = calendar_from_at(at);
    return str_printf(a, "%04d-%02d-%02d %02d:%02d UTC", t.date.year, t.date.month, t.date.day,
                      t.hour, t.minute);
}
