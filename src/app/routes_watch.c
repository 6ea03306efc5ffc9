#include "app/routes_watch.h"

#include "app/routes_load.h"

/* One number for the state of all files; a file that is not there counts too. */
static uint64_t look_at(struct setting_texts paths)
{
    struct arena arena;
    struct str *files;
    size_t n;
    arena_init(&arena);
    routes_list(&arena, paths, &files, &n);
    uint64_t h = files_state(1, &arena, files, n);
    arena_release(&arena);
    return h;
}

static uint64_t look_at_templates(const struct template_watch *t)
{
    struct arena arena;
    struct str *files;
    size_t n;
    uint64_t h = TEMPLATE_WATCH_NONE;
    arena_init(&arena);
    for (size_t i = 0; i < t->n_globs; i++) {
        template_files_list(&arena, t->globs[i].file, t->globs[i].glob, &files, &n);
        h = files_state(h, &arena, files, n);
    }
    arena_release(&arena);
    return h;
}

void routes_watch_take(struct routes_watch *w, struct setting_texts paths)
{
    w->taken = w->seen = look_at(paths);
    arena_release(&w->arena);
    arena_init(&w->arena);
    w->templates = (struct template_watch){.state = TEMPLATE_WATCH_NONE};
}

void routes_watch_take_templates(struct routes_watch *w, const struct template_watch *found)
{
    struct template_glob *globs = ARENA_ARRAY(&w->arena, struct template_glob, found->n_globs);
    for (size_t i = 0; i < found->n_globs; i++) {
        globs[i].file = str_dup(&w->arena, found->globs[i].file);
        globs[i].glob = str_dup(&w->arena, found->globs[i].glob);
    }
    w->templates = (struct template_watch){globs, found->n_globs, found->state};
    w->taken ^= found->state;
    w->seen = w->taken;
}

bool routes_watch_look(struct routes_watch *w, struct setting_texts paths)
{
    uint64_t now = look_at(paths) ^ look_at_templates(&w->templates);
    bool is_settled = now == w->seen;
    w->seen = now;
    if (now == w->taken || !is_settled) {
        return false;
    }
    w->taken = now;
    return true;
}
