#include "flows/muting.h"

#include "base/log.h"
#include "ports/store_silences.h"
#include "wire/matcher_syntax.h"

#define FRESH_US US_PER_S

void muting_init(struct muting *m, struct configuration *configuration)
{
    *m = (struct muting){.configuration = configuration, .loaded_at = AT_NONE};
    arena_init(&m->arena);
    arena_init(&m->silences_arena);
}

void muting_release(struct muting *m)
{
    configuration_unref(m->snapshot);
    arena_release(&m->silences_arena);
    arena_release(&m->arena);
}

/* True when the rules are the ones known. */
static bool hold_snapshot(struct muting *m)
{
    const struct snapshot *now = configuration_ref(m->configuration);
    bool is_same = now == m->snapshot;
    configuration_unref(is_same ? now : m->snapshot);
    m->snapshot = now;
    return is_same;
}

/* One whose interval is not in the files any more keeps nothing quiet, nor does one that cannot be
 * read: it is better to page. */
static bool take_silence(struct muting *m, const struct silence_row *row, struct silence *ret)
{
    struct err bad = ERR_INIT;
    *ret = (struct silence){.id = row->id,
                            .starts_at = row->starts_at,
                            .ends_at = row->ends_at,
                            .comment = row->comment,
                            .created_by = row->created_by};
    ret->during = row->during.n > 0 ? settings_interval(m->snapshot->settings, row->during) : NULL;
    if (row->during.n > 0 && !ret->during) {
        return false;
    }
    if (matchers_parse(&m->silences_arena, MATCHER_FALLBACK, row->matchers, &ret->matchers, &bad) !=
        OK) {
        LOG(LOG_ERROR, "a stored silence is not readable and keeps nothing quiet",
            KV_STR("matchers", row->matchers), KV_ERR(&bad));
        return false;
    }
    return !silence_is_too_wide(ret->matchers);
}

static enum status load_silences(struct muting *m, struct store *store, int64_t now_at,
                                 struct err *err)
{
    struct silence_row *rows;
    size_t n;
    m->silences = (struct silences){0};
    arena_clear(&m->silences_arena);
    if (store_silences(store, &m->silences_arena, now_at, now_at + 1, &rows, &n, err) != OK) {
        return err->code;
    }
    struct silence *silences = ARENA_ARRAY(&m->silences_arena, struct silence, n);
    for (size_t i = 0; i < n; i++) {
        if (take_silence(m, &rows[i], &silences[m->silences.n])) {
            m->silences.n++;
        }
    }
    m->silences.v = silences;
    return OK;
}

enum status muting_refresh(struct muting *m, struct store *store, int64_t now_at, struct err *err)
{
    struct labels *firing;
    size_t n;
    bool is_same = hold_snapshot(m);
    const struct settings *settings = m->snapshot->settings;
    if (load_silences(m, store, now_at, err) != OK) {
        return err->code;
    }
    if (is_same && m->loaded_at != AT_NONE && now_at - m->loaded_at < FRESH_US) {
        return OK;
    }
    m->loaded_at = AT_NONE;
    arena_clear(&m->arena);
    inhibitor_init(&m->inhibitor, &m->arena, settings->inhibit_rules, settings->n_inhibit_rules);
    if (settings->n_inhibit_rules > 0) {
        if (store_alerts_firing(store, &m->arena, &firing, &n, err) != OK) {
            return err->code;
        }
        for (size_t i = 0; i < n; i++) {
            inhibitor_add(&m->inhibitor, firing[i]);
        }
    }
    m->loaded_at = now_at;
    return OK;
}

void muting_add(struct muting *m, struct labels labels)
{
    if (m->inhibitor.n_rules > 0) {
        inhibitor_add(&m->inhibitor, labels_dup(&m->arena, labels));
    }
}
