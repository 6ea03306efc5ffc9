/* What fires, where, and what keeps it quiet. */
#include "ports/store_muted.h"
#include "ports/store_silences.h"
#include "sim/conformance/operation_parts.h"

static enum status firing(struct store *store, struct act *s, struct arena *a, struct strbuf *out,
                          struct err *err)
{
    struct labels *labels;
    struct stray_row *strays;
    size_t n;
    if (s->op == OP_ALERTS_FIRING) {
        if (store_alerts_firing(store, a, &labels, &n, err) != OK) {
            return err->code;
        }
        strbuf_printf(out, " %zu fire", n);
        return OK;
    }
    uint64_t chance = s->chance;
    const uint64_t fingerprints[] = {draw(&chance, 4), draw(&chance, 4)};
    int64_t since = s->now_at - (int64_t)draw(&chance, 3) * US_PER_S;
    if (store_strays(store, a, fingerprints, 2, since, &strays, &n, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        strbuf_printf(out, " %llu/%d", (unsigned long long)strays[i].fingerprint,
                      strays[i].group_key[0]);
    }
    return OK;
}

static enum status muted(struct store *store, struct act *s, struct arena *a, struct strbuf *out,
                         struct err *err)
{
    uint64_t chance = s->chance;
    struct muted_incident *v;
    size_t n;
    struct uuid ids[] = {some_incident(&chance), some_incident(&chance), some_incident(&chance)};
    if (s->op == OP_MUTED_WAKE) {
        return store_muted_wake(store, a, ids, 3, err);
    }
    if (store_muted(store, a, draw(&chance, 2) ? ids[0] : (struct uuid){0}, 1 + draw(&chance, 6),
                    &v, &n, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        strbuf_printf(out, " %02x %.*s %lld/%zu:%zu", v[i].incident.id.b[15],
                      STR_ARG(v[i].incident.receiver), (long long)v[i].incident.firing, v[i].n,
                      v[i].alerts[0].n);
    }
    return OK;
}

static enum status silence_add(struct store *store, struct act *s, struct arena *a,
                               struct strbuf *out, struct err *err)
{
    uint64_t chance = s->chance;
    (void)out;
    struct silence_row row = {
        .id = id_of(1000 + (chance >> 20)),
        .matchers = str_printf(a, "{a=\"%d\"}", (int)draw(&chance, 3)),
        .starts_at = draw(&chance, 2) ? AT_NONE : s->now_at + (int64_t)draw(&chance, 3) * US_PER_S,
        .ends_at = s->now_at + (3 + (int64_t)draw(&chance, 4)) * US_PER_S,
        .during = STR_EMPTY,
        .comment = STR("why"),
        .created_by = STR("anna"),
        .ended_by = STR_EMPTY};
    enum status status = store_silence_add(store, &row, err);
    if (status == OK && s->keeps) {
        s->known->silence = row.id;
    }
    return status;
}

static enum status silences(struct store *store, struct act *s, struct arena *a, struct strbuf *out,
                            struct err *err)
{
    struct silence_row *v;
    size_t n;
    if (store_silences(store, a, s->now_at, s->now_at + US_PER_S, &v, &n, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        strbuf_printf(out, " %02x%02x %.*s %lld-%lld by %.*s%.*s", v[i].id.b[14], v[i].id.b[15],
                      STR_ARG(v[i].matchers), (long long)v[i].starts_at, (long long)v[i].ends_at,
                      STR_ARG(v[i].created_by), STR_ARG(v[i].ended_by));
    }
    return OK;
}

/* Its own, or any that was seen. */
static enum status silence_end(struct store *store, struct act *s, struct arena *a,
                               struct strbuf *out, struct err *err)
{
    uint64_t chance = s->chance;
    struct silence_row *v;
    size_t n;
    struct uuid id = s->known->silence;
    if (store_silences(store, a, s->now_at, s->now_at + US_PER_S, &v, &n, err) != OK) {
        return err->code;
    }
    if (n > 0 && draw(&chance, 2)) {
        id = v[draw(&chance, n)].id;
    }
    (void)out;
    return store_silence_end(store, id, STR("boris"), err);
}

enum status operation_mutes(struct store *store, struct act *s, struct arena *a, struct strbuf *out,
                            struct err *err)
{
    typedef enum status operation_fn(struct store *, struct act *, struct arena *, struct strbuf *,
                                     struct err *);
    static operation_fn *const functions[operation_COUNT] = {
        [OP_ALERTS_FIRING] = firing,    [OP_STRAYS] = firing,           [OP_MUTED] = muted,
        [OP_MUTED_WAKE] = muted,        [OP_SILENCE_ADD] = silence_add, [OP_SILENCES] = silences,
        [OP_SILENCE_END] = silence_end,
    };
    return functions[s->op](store, s, a, out, err);
}
