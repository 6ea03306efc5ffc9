#include "flows/muting.h"

#define FRESH_US US_PER_S

void muting_init(struct muting *m, struct configuration *configuration)
{
    *m = (struct muting){.configuration = configuration, .loaded_at = AT_NONE};
    arena_init(&m->arena);
}

void muting_release(struct muting *m)
{
    configuration_unref(m->snapshot);
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

enum status muting_refresh(struct muting *m, struct store *store, int64_t now_at, struct err *err)
{
    struct labels *firing;
    size_t n;
    bool is_same = hold_snapshot(m);
    const struct settings *settings = m->snapshot->settings;
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
