/* audit — walks all timelines and all anchors.
 *   1 anchors   numbers without gaps, roots over their heads, signatures; those kept elsewhere
 *   2 walk      incidents, entries and heads side by side, in the order of incidents
 *   3 diagnose  where a walk fails: the entries from there on once more, and what was done */
#include "flows/audit.h"

#include "flows/anchoring.h"
#include "formats/rfc3339.h"

#include <string.h>

ENUM_DEFINE(audit_fault_kind, AUDIT_FAULTS)

/* Entries before the first bad one that a diagnosis looks at, and how many it loads at most. */
enum { PAGE = 2000, LEAD_IN = 128, WINDOW_MAX = 20000 };

struct incident_page {
    struct arena arena;
    struct audit_incident *v;
    size_t n, i;
    struct uuid behind;
    bool is_last;
};
struct row_page {
    struct arena arena;
    struct chain_row *v;
    size_t n, i;
    struct audit_place place;
    bool is_last;
};
struct head_page {
    struct arena arena;
    struct chain_head *v;
    size_t n, i;
    struct audit_place place;
    bool is_last;
};

struct audit {
    struct store *store;
    struct arena *arena; /* of the report */
    const struct audit_wish *wish;
    struct audit_report *report;
    struct incident_page incidents;
    struct row_page rows;
    struct head_page heads;
    struct err *err;
};

static void report(struct audit *a, struct audit_finding finding)
{
    a->report->n_findings++;
    if (a->report->findings.n < AUDIT_FINDINGS_MAX) {
        VEC_PUSH(a->arena, &a->report->findings, finding);
    }
}

static void report_anchor(struct audit *a, enum audit_fault_kind kind, int64_t anchor,
                          struct str text)
{
    report(a, (struct audit_finding){
                  .kind = audit_fault_kind_name(kind), .anchor = anchor, .text = text});
}

/* ---- 1 anchors ------------------------------------------------------------------------------- */

static bool sum_heads(struct audit *a, int64_t number, struct chain_root *root)
{
    struct arena arena;
    struct uuid behind = {{0}};
    size_t n = 0;
    enum status status;
    arena_init(&arena);
    do {
        struct chain_head *heads;
        arena_clear(&arena);
        status =
            store_audit_anchor_heads(a->store, &arena, number, behind, PAGE, &heads, &n, a->err);
        for (size_t i = 0; status == OK && i < n; i++) {
            chain_root_add(root, &heads[i]);
            behind = heads[i].incident;
        }
    } while (status == OK && n == PAGE);
    arena_release(&arena);
    return status == OK;
}

static bool check_anchor(struct audit *a, const struct audit_anchor *row,
                         const struct audit_anchor *before)
{
    struct chain_root root;
    uint8_t sum[CHAIN_BYTES];
    struct anchor anchor = anchor_of_row(row);
    chain_root_init(&root, row->number, row->at, row->previous);
    if (!sum_heads(a, row->number, &root)) {
        return false;
    }
    int64_t heads = root.n;
    chain_root_end(&root, sum);
    bool follows =
        row->number != before->number + 1 || memcmp(row->previous, before->root, CHAIN_BYTES) == 0;
    if (row->number > before->number + 1) {
        report_anchor(a, AUDIT_ANCHOR_DELETED, before->number + 1,
                      str_printf(a->arena, "anchors %lld to %lld were deleted",
                                 (long long)before->number + 1, (long long)row->number - 1));
    }
    if (!follows || heads != row->heads || memcmp(sum, row->root, CHAIN_BYTES) != 0 ||
        !anchor_is_signed(&anchor)) {
        report_anchor(a, AUDIT_ANCHOR_CHANGED, row->number,
                      str_printf(a->arena, "anchor %lld does not fit %s: it was changed",
                                 (long long)row->number,
                                 !follows                     ? "the one before it"
                                 : !anchor_is_signed(&anchor) ? "its signature"
                                                              : "the timelines that it names"));
    }
    return true;
}

/* The newest anchor covers all others, so it alone has to be signed by who we are today. */
static void check_signer(struct audit *a, const struct anchor *newest)
{
    bool is_ours = false;
    for (size_t i = 0; i < a->wish->n_keys; i++) {
        is_ours |= anchor_is_by(newest, &a->wish->keys[i]);
    }
    a->report->is_signature_checked = a->wish->n_keys > 0;
    if (a->wish->n_keys > 0 && !is_ours) {
        report_anchor(a, AUDIT_ANCHOR_FORGED, newest->number,
                      str_printf(a->arena,
                                 "anchor %lld, the newest, is not signed with this installation's "
                                 "secret",
                                 (long long)newest->number));
    }
}

static bool check_anchors(struct audit *a, int64_t *ret_newest)
{
    struct arena arena;
    struct audit_anchor before = {.at = AT_NONE}, *page;
    struct anchor newest = {0};
    size_t n = 0;
    int64_t last_head;
    bool is_ok = true;
    arena_init(&arena);
    do {
        arena_clear(&arena);
        is_ok = store_audit_anchors(a->store, &arena, before.number, PAGE, &page, &n, a->err) == OK;
        for (size_t i = 0; is_ok && i < n; i++) {
            is_ok = check_anchor(a, &page[i], &before);
            newest = anchor_of_row(&page[i]);
            before = page[i];
            a->report->anchors++;
        }
    } while (is_ok && n == PAGE);
    arena_release(&arena);
    if (!is_ok || store_audit_heads_newest(a->store, &last_head, a->err) != OK) {
        return false;
    }
    if (newest.number > 0) {
        a->report->newest_anchor_at = newest.at;
        check_signer(a, &newest);
    }
    /* The migration left heads for the first one, before there was any. */
    if (last_head > newest.number && !(newest.number == 0 && last_head == 1)) {
        report_anchor(a, AUDIT_ANCHOR_DELETED, newest.number + 1,
                      str_printf(a->arena, "anchors %lld to %lld were deleted",
                                 (long long)newest.number + 1, (long long)last_head));
    }
    *ret_newest = newest.number;
    return true;
}

/* What was written down elsewhere against what the database says. */
static bool check_kept(struct audit *a, const struct anchor *kept, int64_t newest)
{
    struct audit_anchor *row;
    size_t n;
    char at[RFC3339_TEXT_MAX];
    if (!anchor_is_signed(kept)) {
        report_anchor(a, AUDIT_ANCHOR_FORGED, kept->number,
                      str_printf(a->arena, "the given anchor %lld does not fit its own signature",
                                 (long long)kept->number));
        return true;
    }
    if (store_audit_anchors(a->store, a->arena, kept->number - 1, 1, &row, &n, a->err) != OK) {
        return false;
    }
    rfc3339_format(kept->at, RFC3339_S, at);
    if (n == 0) {
        report_anchor(a, AUDIT_TRUNCATED, kept->number,
                      str_printf(a->arena,
                                 "the given anchor %lld of %s is not in the database, whose newest "
                                 "is %lld: what came behind that was cut off",
                                 (long long)kept->number, at, (long long)newest));
    } else if (row->number == kept->number && memcmp(row->root, kept->root, ANCHOR_ROOT) != 0) {
        report_anchor(
            a, AUDIT_REWRITTEN, kept->number,
            str_printf(a->arena,
                       "the database has another anchor %lld than the given one of %s: it "
                       "was written anew up to there",
                       (long long)kept->number, at));
    }
    return true; /* another number: the gap was told of */
}

/* ---- pages ----------------------------------------------------------------------------------- */

static const struct audit_incident *incident_now(struct audit *a, bool *is_ok)
{
    struct incident_page *p = &a->incidents;
    if (p->i == p->n && !p->is_last && *is_ok) {
        arena_clear(&p->arena);
        p->i = 0;
        *is_ok =
            store_audit_incidents(a->store, &p->arena, p->behind, PAGE, &p->v, &p->n, a->err) == OK;
        p->is_last = !*is_ok || p->n < PAGE;
        p->n = *is_ok ? p->n : 0;
        p->behind = p->n > 0 ? p->v[p->n - 1].record.id : p->behind;
    }
    return p->i < p->n ? &p->v[p->i] : NULL;
}

static const struct chain_row *row_now(struct audit *a, bool *is_ok)
{
    struct row_page *p = &a->rows;
    if (p->i == p->n && !p->is_last && *is_ok) {
        arena_clear(&p->arena);
        p->i = 0;
        *is_ok = store_audit_rows(a->store, &p->arena, &p->place, PAGE, &p->v, &p->n, a->err) == OK;
        p->is_last = !*is_ok || p->n < PAGE;
        p->n = *is_ok ? p->n : 0;
    }
    return p->i < p->n ? &p->v[p->i] : NULL;
}

static const struct chain_head *head_now(struct audit *a, bool *is_ok)
{
    struct head_page *p = &a->heads;
    if (p->i == p->n && !p->is_last && *is_ok) {
        arena_clear(&p->arena);
        p->i = 0;
        *is_ok =
            store_audit_heads(a->store, &p->arena, &p->place, PAGE, &p->v, &p->n, a->err) == OK;
        p->is_last = !*is_ok || p->n < PAGE;
        p->n = *is_ok ? p->n : 0;
    }
    return p->i < p->n ? &p->v[p->i] : NULL;
}

/* ---- 3 diagnose ------------------------------------------------------------------------------ */

/* " (acknowledged by user:anna, 2026-11-26T03:12:00Z)" of the entry that stands there. */
static struct str about(struct arena *arena, const struct chain_window *w, int64_t seq)
{
    char at[RFC3339_TEXT_MAX];
    for (size_t i = 0; i < w->n_rows; i++) {
        const struct chain_entry *entry = &w->rows[i].entry;
        if (entry->seq == seq) {
            struct str actor = str_clip_utf8(entry->actor, 100);
            return str_printf(arena, " (%.*s by %.*s, %s)", STR_ARG(str_clip_utf8(entry->kind, 40)),
                              STR_ARG(actor), rfc3339_format(entry->at, RFC3339_S, at));
        }
    }
    return STR_EMPTY;
}

static struct str entries(struct arena *arena, int64_t from, int64_t to, struct str about)
{
    return from == to ? str_printf(arena, "entry %lld%.*s", (long long)from, STR_ARG(about))
                      : str_printf(arena, "entries %lld to %lld", (long long)from, (long long)to);
}

static struct str fault_text(struct arena *arena, const struct chain_window *w,
                             const struct chain_fault *f)
{
    bool is_one = f->from_seq == f->to_seq;
    struct str who = entries(arena, f->from_seq, f->to_seq, about(arena, w, f->from_seq));
    const char *was = is_one ? "was" : "were";
    switch (f->kind) {
    case CHAIN_EDITED:
        return f->from_seq == w->record->chain_from
                   ? str_printf(arena, "%.*s %s edited", STR_ARG(who), was)
                   : str_printf(arena, "%.*s %s edited (or entry %lld was, together with its hash)",
                                STR_ARG(who), was, (long long)f->from_seq - 1);
    case CHAIN_DELETED:
        return str_printf(arena, "%.*s %s deleted",
                          STR_ARG(entries(arena, f->from_seq, f->to_seq, STR_EMPTY)), was);
    case CHAIN_INSERTED:
        return str_printf(arena, "%.*s %s inserted", STR_ARG(who), was);
    case CHAIN_REORDERED:
        return str_printf(
            arena, "%.*s %s reordered: %s written as %.*s", STR_ARG(who), was, was,
            STR_ARG(entries(arena, f->was_from, f->was_from + f->to_seq - f->from_seq, STR_EMPTY)));
    case CHAIN_TRUNCATED:
        return f->anchor ? str_printf(arena, "%.*s, of which anchor %lld knows, %s cut off the end",
                                      STR_ARG(who), (long long)f->anchor, was)
                         : str_printf(arena, "%.*s %s cut off the end", STR_ARG(who), was);
    case CHAIN_REWRITTEN:
        return str_printf(arena, "%.*s %s written anew: anchor %lld knows another entry %lld",
                          STR_ARG(who), was, (long long)f->anchor, (long long)f->to_seq);
    case CHAIN_OLD_CHANGED:
        return str_printf(
            arena,
            "entries 1 to %lld, from before the chain, are not what they were when it "
            "began",
            (long long)f->to_seq);
    case CHAIN_HEAD_CHANGED:
        return str_printf(arena, "the incident's own row was changed: what it says of its newest "
                                 "entry does not fit the timeline");
    case chain_fault_kind_COUNT:
        break;
    }
    UNREACHABLE("chain fault");
}

static void report_fault(struct audit *a, const struct audit_incident *incident,
                         const struct chain_window *w, const struct chain_fault *f)
{
    struct str text = fault_text(a->arena, w, f);
    report(a,
           (struct audit_finding){.kind = chain_fault_kind_name(f->kind),
                                  .incident = incident->number,
                                  .incident_id = incident->record.id,
                                  .from_seq = f->from_seq,
                                  .to_seq = f->to_seq,
                                  .anchor = f->anchor,
                                  .text = str_printf(a->arena, "incident %lld: %.*s",
                                                     (long long)incident->number, STR_ARG(text))});
}

/* Rows and heads of the incident from there on. The row before them gives the hash they follow. */
static bool load_window(struct audit *a, struct arena *arena, const struct chain_walk *walk,
                        struct chain_window *w)
{
    const struct chain_record *record = walk->record;
    int64_t lead = walk->bad_from - LEAD_IN;
    w->record = record;
    w->from_seq = lead > record->chain_from ? lead : record->chain_from;
    memcpy(w->prev, walk->start, CHAIN_BYTES);
    bool is_from_start = w->from_seq == record->chain_from;
    struct audit_place place = {.incident = record->id,
                                .seq = !is_from_start            ? w->from_seq - 2
                                       : record->chain_from == 1 ? INT64_MIN
                                                                 : record->chain_from - 1};
    struct audit_place head_place = {.incident = record->id, .seq = w->from_seq - 1};
    struct chain_row *rows;
    struct chain_head *heads;
    size_t n, n_heads;
    if (store_audit_rows(a->store, arena, &place, WINDOW_MAX, &rows, &n, a->err) != OK ||
        store_audit_heads(a->store, arena, &head_place, WINDOW_MAX, &heads, &n_heads, a->err) !=
            OK) {
        return false;
    }
    w->is_complete = n < WINDOW_MAX;
    while (n > 0 && !uuid_eq(rows[n - 1].entry.incident, record->id)) {
        n--;
        w->is_complete = true;
    }
    while (n_heads > 0 && !uuid_eq(heads[n_heads - 1].incident, record->id)) {
        n_heads--;
    }
    if (!is_from_start && n > 0 && rows[0].entry.seq < w->from_seq) {
        memcpy(w->prev, rows[0].hash, CHAIN_BYTES);
        rows++;
        n--;
    }
    w->rows = rows;
    w->n_rows = n;
    w->heads = heads;
    w->n_heads = n_heads;
    return true;
}

static bool diagnose(struct audit *a, const struct audit_incident *incident,
                     const struct chain_walk *walk)
{
    struct arena arena;
    struct chain_window window = {.record = &incident->record};
    struct chain_faults faults = {{0}};
    bool is_ok = true;
    arena_init(&arena);
    if (!walk->is_old_sound) {
        struct chain_fault fault = {
            .kind = CHAIN_OLD_CHANGED, .from_seq = 1, .to_seq = incident->record.chain_from - 1};
        report_fault(a, incident, &window, &fault);
    }
    if (!walk->is_sound && a->report->n_findings < AUDIT_FINDINGS_MAX) {
        is_ok = load_window(a, &arena, walk, &window);
        if (is_ok) {
            chain_diagnose(&arena, &window, &faults);
        }
        for (size_t i = 0; is_ok && i < faults.list.n; i++) {
            report_fault(a, incident, &window, &faults.list.v[i]);
        }
    } else if (!walk->is_sound) {
        a->report->n_findings++;
    }
    arena_release(&arena);
    return is_ok;
}

/* ---- 2 walk ---------------------------------------------------------------------------------- */

static int compare_ids(struct uuid a, struct uuid b)
{
    return memcmp(a.b, b.b, sizeof(a.b));
}

static bool walk_incident(struct audit *a, const struct audit_incident *incident)
{
    struct chain_walk walk;
    bool is_ok = true;
    chain_walk_begin(&walk, &incident->record);
    for (;;) {
        const struct chain_row *row = row_now(a, &is_ok);
        const struct chain_head *head = head_now(a, &is_ok);
        row = row && uuid_eq(row->entry.incident, incident->record.id) ? row : NULL;
        head = head && uuid_eq(head->incident, incident->record.id) ? head : NULL;
        if (!is_ok || (!row && !head)) {
            break;
        }
        if (head && (!row || head->seq < row->entry.seq)) {
            chain_walk_head(&walk, head);
            a->heads.i++;
        } else {
            a->report->entries++;
            a->report->old_entries += row->entry.seq < incident->record.chain_from;
            chain_walk_row(&walk, row);
            a->rows.i++;
        }
    }
    if (!is_ok) {
        return false;
    }
    chain_walk_end(&walk);
    return (walk.is_sound && walk.is_old_sound) || diagnose(a, incident, &walk);
}

/* Entries and heads of an incident that is not there. */
static bool skip_unknown(struct audit *a, struct uuid id)
{
    bool is_ok = true;
    int64_t rows = 0, seq = 0, anchor = 0;
    char text[UUID_TEXT + 1];
    for (const struct chain_row *row = row_now(a, &is_ok); row && uuid_eq(row->entry.incident, id);
         row = row_now(a, &is_ok)) {
        rows++;
        a->rows.i++;
    }
    for (const struct chain_head *head = head_now(a, &is_ok); head && uuid_eq(head->incident, id);
         head = head_now(a, &is_ok)) {
        seq = head->seq;
        anchor = head->anchor;
        a->heads.i++;
    }
    uuid_format(id, text);
    struct audit_finding finding = {.incident_id = id, .to_seq = seq, .anchor = anchor};
    if (anchor != 0) {
        finding.kind = audit_fault_kind_name(AUDIT_INCIDENT_DELETED);
        finding.text = str_printf(a->arena,
                                  "incident %s was deleted: anchor %lld knows %lld entries of it, "
                                  "%lld are left",
                                  text, (long long)anchor, (long long)seq, (long long)rows);
    } else {
        finding.kind = audit_fault_kind_name(AUDIT_INCIDENT_UNKNOWN);
        finding.text =
            str_printf(a->arena, "%lld entries belong to incident %s, which does not exist",
                       (long long)rows, text);
    }
    report(a, finding);
    return is_ok;
}

static bool walk_all(struct audit *a)
{
    bool is_ok = true;
    while (is_ok) {
        const struct audit_incident *incident = incident_now(a, &is_ok);
        const struct chain_row *row = row_now(a, &is_ok);
        const struct chain_head *head = head_now(a, &is_ok);
        if (!is_ok || (!incident && !row && !head)) {
            break;
        }
        struct uuid id = incident ? incident->record.id
                         : row    ? row->entry.incident
                                  : head->incident;
        if (row && compare_ids(row->entry.incident, id) < 0) {
            id = row->entry.incident;
        }
        if (head && compare_ids(head->incident, id) < 0) {
            id = head->incident;
        }
        if (incident && uuid_eq(incident->record.id, id)) {
            a->report->incidents++;
            a->incidents.i++;
            is_ok = walk_incident(a, incident);
        } else {
            is_ok = skip_unknown(a, id);
        }
    }
    return is_ok;
}

enum status audit_verify(struct store *store, struct arena *arena, const struct audit_wish *wish,
                         struct audit_report *ret, struct err *err)
{
    struct audit a = {.store = store, .arena = arena, .wish = wish, .report = ret, .err = err};
    int64_t newest;
    *ret = (struct audit_report){.newest_anchor_at = AT_NONE};
    if (store_audit_begin(store, err) != OK) {
        return err->code;
    }
    arena_init(&a.incidents.arena);
    arena_init(&a.rows.arena);
    arena_init(&a.heads.arena);
    bool is_ok = check_anchors(&a, &newest);
    for (size_t i = 0; is_ok && i < wish->n_anchors; i++) {
        is_ok = check_kept(&a, &wish->anchors[i], newest);
    }
    is_ok = is_ok && walk_all(&a);
    arena_release(&a.incidents.arena);
    arena_release(&a.rows.arena);
    arena_release(&a.heads.arena);
    store_rollback(store);
    return is_ok ? OK : err->code;
}
