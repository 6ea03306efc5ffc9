/* tz_probe — time zones and schedules as the engine computes them, for tests in other languages.
 *
 *     tz_probe zones           reads "ZONE offset SECONDS" → "OFFSET DST ABBREV"
 *                              and "ZONE wall Y M D h m first|second" → "SECONDS"
 *     tz_probe FILE SCHEDULE   reads "SECONDS" → id of the user on call, or "-"
 */
#include "adapters/tz_files.h"
#include "app/routes_load.h"
#include "formats/tz.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ZONES = 64 };

static struct arena arena;

static const struct tz *find_zone(const char *name)
{
    static struct {
        char name[64];
        const struct tz *tz;
    } known[ZONES];
    for (size_t i = 0; i < ZONES; i++) {
        if (known[i].tz && strcmp(known[i].name, name) == 0) {
            return known[i].tz;
        }
        if (!known[i].tz) {
            struct err err = ERR_INIT;
            struct str bytes;
            if (tz_files_read(&arena, str_from(name), &bytes, &err) != OK ||
                tz_parse(&arena, bytes, &known[i].tz, &err) != OK) {
                fprintf(stderr, "%s: %s\n", name, err.detail);
                exit(1);
            }
            snprintf(known[i].name, sizeof(known[i].name), "%s", name);
            return known[i].tz;
        }
    }
    exit(1);
}

static void answer_wall(const struct tz *zone, const char *rest)
{
    struct calendar_time t = {0};
    char policy[16];
    if (sscanf(rest, "%d %d %d %d %d %15s", &t.date.year, &t.date.month, &t.date.day, &t.hour,
               &t.minute, policy) != 6) {
        exit(2);
    }
    int64_t at = tz_at(zone, &t, strcmp(policy, "second") == 0 ? TZ_SECOND : TZ_FIRST);
    printf("%" PRId64 "\n", at / US_PER_S);
}

static int answer_zones(void)
{
    char line[256], name[64], what[16];
    while (fgets(line, sizeof(line), stdin)) {
        int used = 0;
        if (sscanf(line, "%63s %15s %n", name, what, &used) != 2) {
            return 2;
        }
        const struct tz *zone = find_zone(name);
        if (strcmp(what, "wall") == 0) {
            answer_wall(zone, line + used);
            continue;
        }
        bool is_dst;
        const char *abbrev;
        int64_t at = strtoll(line + used, NULL, 10) * US_PER_S;
        int32_t offset = tz_offset(zone, at, &is_dst, &abbrev);
        printf("%d %d %s\n", offset, is_dst, abbrev);
    }
    return 0;
}

static int answer_schedule(const char *file, const char *name)
{
    struct problems problems;
    struct routes_result result;
    struct str path = str_from(file);
    struct routes_loaded loaded;
    char line[64];
    problems_init(&problems, &arena);
    if (!routes_load(&arena, (struct setting_texts){&path, 1}, &problems, &result, &loaded)) {
        fputs(problems.text.p, stderr);
        return 1;
    }
    const struct schedule *schedule =
        directory_schedule(&result.settings->directory, str_from(name));
    while (schedule && fgets(line, sizeof(line), stdin)) {
        int64_t at = strtoll(line, NULL, 10) * US_PER_S;
        const struct user *user = schedule_on_call(schedule, (struct overrides){0}, at).user;
        printf("%.*s\n", STR_ARG(user ? user->id : STR("-")));
    }
    routes_release(&result);
    return schedule ? 0 : 1;
}

int main(int argc, char **argv)
{
    arena_init(&arena);
    int code = argc == 2 ? answer_zones() : argc == 3 ? answer_schedule(argv[1], argv[2]) : 2;
    arena_release(&arena);
    return code;
}
