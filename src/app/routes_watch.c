#include "app/routes_watch.h"

#include "app/routes_load.h"
#include "base/vec.h"

#include <sys/stat.h>

static uint64_t mix(uint64_t h, uint64_t value)
{
    h ^= value + 0x9e3779b97f4a7c15ULL + (h << 6) + (h >> 2);
    return h * 0xd6e8feb86659fd93ULL;
}

/* One number for the state of all files; a file that is not there counts too. */
static uint64_t look_at(struct setting_texts paths)
{
    struct arena arena;
    struct str *files;
    size_t n;
    uint64_t h = 1;
    arena_init(&arena);
    routes_list(&arena, paths, &files, &n);
    for (size_t i = 0; i < n; i++) {
        struct stat st = {0};
        bool is_there = stat(str_c(&arena, files[i]), &st) == 0;
        h = mix(h, str_hash(files[i]));
        h = mix(h, is_there ? (uint64_t)st.st_ino : 0);
        h = mix(h, (uint64_t)st.st_size);
        h = mix(h, (uint64_t)st.st_mtim.tv_sec);
        h = mix(h, (uint64_t)st.st_mtim.tv_nsec);
    }
    arena_release(&arena);
    return h;
}

void routes_watch_take(struct routes_watch *w, struct setting_texts paths)
{
    w->taken = w->seen = look_at(paths);
}

bool routes_watch_look(struct routes_watch *w, struct setting_texts paths)
{
    uint64_t now = look_at(paths);
    bool is_settled = now == w->seen;
    w->seen = now;
    if (now == w->taken || !is_settled) {
        return false;
    }
    w->taken = now;
    return true;
}
