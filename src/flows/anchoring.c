#include "flows/anchoring.h"

#include "base/log.h"
#include "base/metrics.h"
#include "base/monotonic.h"
#include "ports/store_audit.h"

#include <string.h>

/* A transaction commits at most this long after the time that its entries carry. */
#define COMMIT_SLACK_US US_PER_MIN
#define EVERY_US US_PER_MIN
enum { PAGE = 5000 };

_Static_assert((int)ANCHOR_ROOT == (int)CHAIN_BYTES, "an anchor's root is a hash of chains");

static struct metric anchors_total =
    METRIC_COUNTER("alertify_audit_anchors_total", "Anchors of the timelines.", "result");

static enum status sum_heads(struct store *store, int64_t number, struct chain_root *root,
                             struct err *err)
{
    struct arena arena;
    struct uuid behind = {{0}};
    size_t n = 0;
    enum status status;
    arena_init(&arena);
    do {
        struct chain_head *heads;
        arena_clear(&arena);
        status = store_audit_anchor_heads(store, &arena, number, behind, PAGE, &heads, &n, err);
        for (size_t i = 0; status == OK && i < n; i++) {
            chain_root_add(root, &heads[i]);
            behind = heads[i].incident;
        }
    } while (status == OK && n == PAGE);
    arena_release(&arena);
    return status;
}

static bool is_signed_by(const struct audit_anchor *anchor, const struct anchor_key *key)
{
    return anchor->public_key.n == ANCHOR_PUBLIC_KEY &&
           memcmp(anchor->public_key.p, key->public_key, ANCHOR_PUBLIC_KEY) == 0;
}

struct anchor anchor_of_row(const struct audit_anchor *row)
{
    struct anchor anchor = {.number = row->number, .at = row->at, .heads = row->heads};
    memcpy(anchor.root, row->root, ANCHOR_ROOT);
    if (row->public_key.n == ANCHOR_PUBLIC_KEY && row->signature.n == ANCHOR_SIGNATURE) {
        memcpy(anchor.public_key, row->public_key.p, ANCHOR_PUBLIC_KEY);
        memcpy(anchor.signature, row->signature.p, ANCHOR_SIGNATURE);
    }
    return anchor;
}

static enum status make(struct store *store, struct arena *arena, const struct anchor_key *key,
                        bool is_complete, struct anchor *ret, bool *ret_is_new, struct err *err)
{
    int64_t now_at;
    struct audit_anchor newest;
    struct chain_root root;
    if (store_begin(store, &now_at, err) != OK ||
        store_audit_newest(store, arena, &newest, err) != OK) {
        return err->code;
    }
    /* The first two look everywhere: the migration left heads of chains that may have grown. */
    int64_t since_at = is_complete || newest.number <= 1 ? AT_NONE : newest.at - COMMIT_SLACK_US;
    struct anchor a = {.number = newest.number + 1, .at = now_at};
    chain_root_init(&root, a.number, a.at, newest.root);
    if (store_audit_heads_make(store, arena, a.number, since_at, err) != OK ||
        sum_heads(store, a.number, &root, err) != OK) {
        return err->code;
    }
    /* A key that took over signs once even if nothing happened, so that the old one can go. */
    *ret_is_new = root.n > 0 || (newest.number > 0 && !is_signed_by(&newest, key));
    if (!*ret_is_new) {
        store_rollback(store);
        *ret = anchor_of_row(&newest);
        return OK;
    }
    a.heads = root.n;
    chain_root_end(&root, a.root);
    anchor_sign(&a, key);
    struct audit_anchor row = {.number = a.number,
                               .at = a.at,
                               .heads = a.heads,
                               .public_key = {(const char *)a.public_key, ANCHOR_PUBLIC_KEY},
                               .signature = {(const char *)a.signature, ANCHOR_SIGNATURE}};
    memcpy(row.previous, newest.root, CHAIN_BYTES);
    memcpy(row.root, a.root, CHAIN_BYTES);
    if (store_audit_anchor_add(store, arena, &row, err) != OK || store_commit(store, err) != OK) {
        return err->code;
    }
    *ret = a;
    return OK;
}

enum status anchoring_make(struct store *store, struct arena *arena, const struct anchor_key *key,
                           bool is_complete, struct anchor *ret, bool *ret_is_new, struct err *err)
{
    struct err ignored = ERR_INIT; /* then it only takes longer */
    (void)!store_audit_refresh(store, &ignored);
    enum status status = make(store, arena, key, is_complete, ret, ret_is_new, err);
    if (status != OK) {
        store_rollback(store);
    }
    return status;
}

void anchoring_tick(struct anchoring *anchoring, struct deps *deps, struct store *store,
                    struct arena *arena)
{
    struct err err = ERR_INIT;
    struct anchor anchor;
    bool is_mine, is_new;
    if (!deps->anchor_key || monotonic_us() < anchoring->next_us) {
        return;
    }
    anchoring->next_us = monotonic_us() + EVERY_US;
    if (store_lead(store, LEAD_AUDIT, &is_mine, &err) == OK && !is_mine) {
        return;
    }
    if (err.code != OK ||
        anchoring_make(store, arena, deps->anchor_key, false, &anchor, &is_new, &err) != OK) {
        metric_add(&anchors_total, 1, STR("failed"));
        LOG(LOG_WARNING, "no anchor of the timelines was made", KV_ERR(&err));
    } else if (is_new) {
        metric_add(&anchors_total, 1, STR("ok"));
        LOG(LOG_NOTICE, "anchor of the timelines", KV_STR("line", anchor_format(arena, &anchor)));
    }
}
