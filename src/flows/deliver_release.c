#include "flows/deliver_release.h"

#include "base/log.h"
#include "base/metrics.h"
#include "base/monotonic.h"
#include "flows/deliver_round.h"
#include "flows/trouble.h"

enum { PAGES_MAX = 200 };
#define LOOK_US US_PER_S /* for those of a replica that is gone */

static struct metric released_total =
    METRIC_COUNTER("alertify_pages_uncovered_total",
                   "Pages whose summary was given up, by what became of them.", "state");

void release_soon(struct release *release)
{
    release->look_at_us = 0;
}

static void note_summary(struct timeline_entry *entry, struct round *r,
                         const struct uncovered_page *uncovered)
{
    entry_fact(entry, "summary", str_printf(r->arena, "%lld", (long long)uncovered->summary));
}

static void release_page(struct round *r, const struct uncovered_page *uncovered)
{
    const struct delivery *page = &uncovered->page;
    struct delivery_write write = delivery_write_of(page, DELIVERY_READY);
    bool has_other = delivery_next_contact(r->arena, page, &write);
    write.state = has_other ? DELIVERY_READY : DELIVERY_FAILED;
    write.due_at = r->now_at;
    write.reason = str_printf(r->arena, "the summary that names it was given up: %.*s",
                              STR_ARG(uncovered->why));
    struct timeline_entry *entry =
        round_note(r, page, has_other ? EVENT_DELIVERY_RETRIED : EVENT_DELIVERY_FAILED);
    entry_fact(entry, "reason", write.reason);
    note_summary(entry, r, uncovered);
    if (has_other) {
        entry_fact(entry, "next", str_from(channel_kind_name(write.contact.channel)));
    }
    VEC_PUSH(r->arena, &r->writes, write);
    metric_add(&released_total, 1, str_from(delivery_state_name(write.state)));
}

static enum status release_some(struct round *r, struct store *store, size_t *ret_n,
                                struct err *err)
{
    struct uncovered_page *v;
    size_t n, written;
    if (store_begin(store, &r->now_at, err) != OK ||
        store_pages_uncovered(store, r->arena, PAGES_MAX, &v, &n, err) != OK) {
        return err->code;
    }
    if (n == 0) {
        store_rollback(store);
        return OK;
    }
    struct uuid *ids = ARENA_ARRAY(r->arena, struct uuid, n);
    for (size_t i = 0; i < n; i++) {
        ids[i] = v[i].page.incident;
    }
    if (round_lock(r, store, ids, n, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        const struct delivery *page = &v[i].page;
        const struct incident *incident = &round_decision(r, page->incident)->incident;
        if (notice_is_wanted(incident, page->kind, page->cycle, page->state_seq)) {
            release_page(r, &v[i]);
        } else {
            note_summary(round_supersede(r, page, round_why_unwanted(r, incident)), r, &v[i]);
        }
    }
    *ret_n = n;
    return round_write(r, store, &written, err) != OK ? err->code : store_commit(store, err);
}

bool release_pages(struct release *release, const struct deps *deps, struct store *store,
                   struct arena *arena)
{
    struct err err = ERR_INIT;
    struct round round = {.arena = arena};
    size_t n = 0;
    if (monotonic_us() < release->look_at_us) {
        return false;
    }
    release->look_at_us = monotonic_us() + LOOK_US;
    if (release_some(&round, store, &n, &err) != OK) {
        store_rollback(store);
        LOG(trouble_level(deps, &err), "pages of a lost summary not released yet", KV_ERR(&err));
        return false;
    }
    if (n > 0) {
        LOG(LOG_WARNING, "a storm's summary was given up, its pages go out by themselves",
            KV_INT("pages", n));
        release_soon(release);
    }
    return n > 0;
}
