#include "app/cli/words.h"

#include "base/vec.h"
#include "formats/rfc3339.h"
#include "wire/matcher_syntax.h"
#include "wire/zone_text.h"

bool words_to_labels(struct arena *arena, int n, char **words, struct labels *ret,
                     struct str *ret_why)
{
    VEC(struct label) labels = {0};
    for (int i = 0; i < n; i++) {
        struct matcher matcher;
        struct err err = ERR_INIT;
        if (matcher_parse_one(arena, MATCHER_FALLBACK, str_from(words[i]), &matcher, &err) != OK) {
            *ret_why = str_dup(arena, str_from(err.detail));
            return false;
        }
        if (matcher.op != MATCHER_EQ) {
            *ret_why = STR("labels must be specified as key=value pairs");
            return false;
        }
        struct label label = {matcher.name, matcher.value};
        VEC_PUSH(arena, &labels, label);
    }
    *ret = labels_make(arena, labels.v, labels.n);
    return true;
}

bool words_to_time(const char *text, const struct zone *zone, int64_t fallback, int64_t *ret)
{
    int64_t wall;
    bool has_clock;
    *ret = fallback;
    if (!text) {
        return true;
    }
    if (wall_parse(str_from(text), &wall, &has_clock)) {
        *ret = zone_at_of_wall(zone, wall);
        return true;
    }
    return rfc3339_parse(str_from(text), ret, NULL) == OK && *ret != AT_NONE;
}
