/* Timelines are damaged in every way somebody with the database in their hands can, and the walk
 * must see it, the diagnosis name it. */
#include "domain/chain_check.h"

#include "domain_test.h"

enum { ROWS_MAX = 400 };

struct table {
    struct chain_record record;
    struct chain_row rows[ROWS_MAX];
    size_t n;
    struct chain_head heads[8];
    size_t n_heads;
};

static const struct uuid incident_id = {{1, 2, 3}};

static void write_row(struct table *t, const char *facts)
{
    struct chain_row *row = &t->rows[t->n++];
    row->entry = (struct chain_entry){.incident = incident_id,
                                      .seq = ++t->record.seq,
                                      .at = 1000 * t->record.seq,
                                      .cycle = 1,
                                      .kind = STR("note"),
                                      .actor = STR("user:anna"),
                                      .facts = str_from(facts)};
    row->has_hash = true;
    chain_add(t->record.chain, &row->entry);
    memcpy(row->hash, t->record.chain, CHAIN_BYTES);
}

/* n entries, each with its own text. */
static struct table table_of(size_t n)
{
    struct table t = {.record = {.id = incident_id, .chain_from = 1}};
    for (size_t i = 0; i < n; i++) {
        write_row(&t, str_printf(&arena, "{\"n\":\"%zu\"}", i + 1).p);
    }
    return t;
}

static void anchor_at(struct table *t, int64_t seq, int64_t anchor)
{
    struct chain_head head = {.incident = incident_id, .seq = seq, .anchor = anchor};
    memcpy(head.hash, t->rows[seq - 1].hash, CHAIN_BYTES);
    t->heads[t->n_heads++] = head;
}

static struct chain_walk walk_of(const struct table *t)
{
    struct chain_walk walk;
    size_t head = 0;
    chain_walk_begin(&walk, &t->record);
    for (size_t i = 0; i < t->n; i++) {
        chain_walk_row(&walk, &t->rows[i]);
        while (head < t->n_heads &&
               (i + 1 == t->n || t->heads[head].seq < t->rows[i + 1].entry.seq)) {
            chain_walk_head(&walk, &t->heads[head++]);
        }
    }
    chain_walk_end(&walk);
    return walk;
}

static struct str kinds_of(const struct table *t)
{
    struct chain_faults faults = {{0}};
    struct chain_window window = {.record = &t->record,
                                  .from_seq = 1,
                                  .rows = t->rows,
                                  .n_rows = t->n,
                                  .heads = t->heads,
                                  .n_heads = t->n_heads,
                                  .is_complete = true};
    struct strbuf out;
    strbuf_init(&out, &arena, 4096);
    if (walk_of(t).is_sound) {
        return STR("sound");
    }
    chain_diagnose(&arena, &window, &faults);
    for (size_t i = 0; i < faults.list.n; i++) {
        const struct chain_fault *f = &faults.list.v[i];
        strbuf_printf(&out, "%s%s %lld-%lld", i ? ", " : "", chain_fault_kind_name(f->kind),
                      (long long)f->from_seq, (long long)f->to_seq);
        if (f->was_from) {
            strbuf_printf(&out, " was %lld", (long long)f->was_from);
        }
        if (f->anchor) {
            strbuf_printf(&out, " by anchor %lld", (long long)f->anchor);
        }
    }
    return strbuf_str(&out);
}

static void expect(const struct table *t, const char *kinds)
{
    assert_string_equal(kinds_of(t).p, kinds);
}

static void delete_row(struct table *t, size_t i)
{
    memmove(&t->rows[i], &t->rows[i + 1], (--t->n - i) * sizeof(t->rows[0]));
}

static void insert_row(struct table *t, size_t i, int64_t seq)
{
    memmove(&t->rows[i + 1], &t->rows[i], (t->n++ - i) * sizeof(t->rows[0]));
    t->rows[i].entry.seq = seq;
    t->rows[i].entry.facts = STR("{\"planted\":\"yes\"}");
    t->rows[i].hash[0] ^= 1;
}

static void renumber(struct table *t, size_t from, int64_t by)
{
    for (size_t i = from; i < t->n; i++) {
        t->rows[i].entry.seq += by;
    }
}

static void rehash(struct table *t, size_t from)
{
    uint8_t chain[CHAIN_BYTES] = {0};
    if (from > 0) {
        memcpy(chain, t->rows[from - 1].hash, CHAIN_BYTES);
    }
    for (size_t i = from; i < t->n; i++) {
        chain_add(chain, &t->rows[i].entry);
        memcpy(t->rows[i].hash, chain, CHAIN_BYTES);
    }
    memcpy(t->record.chain, chain, CHAIN_BYTES);
    t->record.seq = (int64_t)t->n;
}

static void test_an_untouched_timeline_is_sound(void **state)
{
    (void)state;
    struct table t = table_of(10);
    anchor_at(&t, 4, 1);
    anchor_at(&t, 10, 2);
    expect(&t, "sound");
    t = table_of(0);
    expect(&t, "sound");
}

static void test_every_field_counts(void **state)
{
    (void)state;
    for (int field = 0; field < 6; field++) {
        struct table t = table_of(5);
        struct chain_entry *entry = &t.rows[2].entry;
        entry->at += field == 0;
        entry->cycle += field == 1;
        entry->kind = field == 2 ? STR("resolved") : entry->kind;
        entry->actor = field == 3 ? STR("user:bob") : entry->actor;
        entry->facts = field == 4 ? STR("{}") : entry->facts;
        entry->incident.b[15] = field == 5;
        expect(&t, "edited 3-3");
    }
}

static void test_an_edited_entry_and_its_hash_show_at_the_next_one(void **state)
{
    (void)state;
    struct table t = table_of(5);
    t.rows[2].entry.facts = STR("{}");
    uint8_t chain[CHAIN_BYTES];
    memcpy(chain, t.rows[1].hash, CHAIN_BYTES);
    chain_add(chain, &t.rows[2].entry);
    memcpy(t.rows[2].hash, chain, CHAIN_BYTES);
    expect(&t, "edited 4-4");
}

static void test_a_hash_that_was_edited_is_not_held_against_the_next_entry(void **state)
{
    (void)state;
    struct table t = table_of(5);
    t.rows[2].hash[0] ^= 1;
    expect(&t, "edited 3-3");
    t.rows[2].has_hash = false;
    expect(&t, "edited 3-3");
}

static void test_deleted_entries_leave_a_gap(void **state)
{
    (void)state;
    struct table t = table_of(9);
    delete_row(&t, 3);
    delete_row(&t, 3);
    expect(&t, "deleted 4-5");
    t = table_of(9);
    delete_row(&t, 0);
    expect(&t, "deleted 1-1");
}

static void test_a_deletion_is_seen_although_the_rest_moved_up(void **state)
{
    (void)state;
    struct table t = table_of(10);
    delete_row(&t, 4);
    renumber(&t, 4, -1);
    expect(&t, "reordered 5-9 was 6, deleted 5-5");
}

static void test_an_entry_without_a_place_was_inserted(void **state)
{
    (void)state;
    struct table t = table_of(10);
    renumber(&t, 4, 1);
    insert_row(&t, 4, 5);
    expect(&t, "inserted 5-5, reordered 6-11 was 5");
    t = table_of(10);
    insert_row(&t, 10, 11);
    expect(&t, "inserted 11-11");
    t = table_of(10);
    insert_row(&t, 10, 11);
    t.rows[10].has_hash = false; /* as an insert that knows nothing of hashes */
    expect(&t, "inserted 11-11");
}

static void test_two_entries_that_changed_places_are_named(void **state)
{
    (void)state;
    struct table t = table_of(10);
    struct chain_row row = t.rows[1];
    t.rows[1] = t.rows[2];
    t.rows[2] = row;
    t.rows[1].entry.seq = 2;
    t.rows[2].entry.seq = 3;
    expect(&t, "reordered 2-2 was 3, reordered 3-3 was 2");
}

static void test_a_cut_off_end_is_seen_by_the_incident_and_by_anchors(void **state)
{
    (void)state;
    struct table t = table_of(10);
    t.n = 7;
    expect(&t, "truncated 8-10");
    t = table_of(10);
    anchor_at(&t, 5, 1);
    anchor_at(&t, 9, 2);
    t.n = 7;
    t.record.seq = 7; /* and the incident was made to fit */
    memcpy(t.record.chain, t.rows[6].hash, CHAIN_BYTES);
    expect(&t, "truncated 8-9 by anchor 2");
}

static void test_a_history_that_was_written_anew_does_not_fit_the_anchor(void **state)
{
    (void)state;
    struct table t = table_of(10);
    anchor_at(&t, 3, 1);
    anchor_at(&t, 8, 2);
    t.rows[4].entry.actor = STR("user:mallory");
    rehash(&t, 4);
    expect(&t, "rewritten 4-8 by anchor 2");
}

static void test_the_incidents_own_row_counts(void **state)
{
    (void)state;
    struct table t = table_of(10);
    t.record.chain[0] ^= 1;
    expect(&t, "head_changed 10-10");
    t = table_of(10);
    t.record.seq = 9;
    expect(&t, "head_changed 9-10");
    t = table_of(3);
    t.record.seq = INT64_MAX; /* costs nothing */
    expect(&t, "truncated 4-9223372036854775807");
}

/* Entries 1 … 4 are from before the chain. */
static struct table old_table(struct chain_head *ret)
{
    struct table t = table_of(4);
    struct digest_sha256 digest;
    digest_sha256_init(&digest);
    for (size_t i = 0; i < t.n; i++) {
        t.rows[i].has_hash = false;
        memset(t.rows[i].hash, 0, CHAIN_BYTES);
        chain_old_add(&digest, &t.rows[i].entry);
    }
    digest_sha256_end(&digest, t.record.chain);
    t.record.chain_from = 5;
    *ret = (struct chain_head){.incident = incident_id, .seq = 4, .anchor = 1};
    memcpy(ret->hash, t.record.chain, CHAIN_BYTES);
    return t;
}

static void test_entries_from_before_the_chain_count_together(void **state)
{
    (void)state;
    struct chain_head head;
    struct table t = old_table(&head);
    t.heads[t.n_heads++] = head;
    assert_true(walk_of(&t).is_sound && walk_of(&t).is_old_sound);
    write_row(&t, "{}");
    write_row(&t, "{}");
    assert_true(walk_of(&t).is_sound && walk_of(&t).is_old_sound);
    t.rows[1].entry.actor = STR("user:mallory");
    assert_true(walk_of(&t).is_sound);
    assert_false(walk_of(&t).is_old_sound);
    t = old_table(&head);
    t.heads[t.n_heads++] = head;
    delete_row(&t, 3);
    assert_false(walk_of(&t).is_old_sound);
}

static void test_nobody_can_make_an_incident_older_than_the_chain(void **state)
{
    (void)state;
    struct chain_head head;
    struct table t = old_table(&head); /* fits its digest, but no anchor knows it */
    assert_false(walk_of(&t).is_old_sound);
}

/* Whatever single damage is done to a timeline with an anchor at its end, the walk sees it, and the
 * diagnosis has a name for it. */
static void test_no_damage_goes_unseen(void **state)
{
    (void)state;
    uint64_t dice = 42;
    for (int round = 0; round < 2000; round++) {
        struct table t = table_of(3 + (size_t)round % 20);
        anchor_at(&t, (int64_t)t.n, 1);
        dice = dice * 6364136223846793005ULL + 1442695040888963407ULL;
        size_t i = (size_t)(dice >> 33) % t.n, k = (size_t)(dice >> 13) % t.n;
        switch (round % 7) {
        case 0:
            t.rows[i].entry.at++;
            break;
        case 1:
            t.rows[i].entry.at++;
            rehash(&t, i);
            break;
        case 2:
            delete_row(&t, i);
            break;
        case 3:
            delete_row(&t, i);
            renumber(&t, i, -1);
            rehash(&t, i);
            break;
        case 4:
            insert_row(&t, t.n, t.record.seq + 1);
            break;
        case 5:
            k = k == i ? (i + 1) % t.n : k;
            struct chain_row row = t.rows[i];
            t.rows[i] = t.rows[k];
            t.rows[k] = row;
            t.rows[i].entry.seq = (int64_t)i + 1;
            t.rows[k].entry.seq = (int64_t)k + 1;
            break;
        default:
            t.rows[i].hash[round % CHAIN_BYTES] ^= 4;
        }
        struct str kinds = kinds_of(&t);
        assert_true(kinds.n > 0 && !str_eq(kinds, STR("sound")));
    }
}

static void test_a_timeline_of_garbage_is_diagnosed_in_bounded_time(void **state)
{
    (void)state;
    struct table t = table_of(ROWS_MAX);
    for (size_t i = 0; i < t.n; i++) {
        t.rows[i].hash[3] ^= (uint8_t)(1 + i % 200);
    }
    assert_true(str_starts_with(kinds_of(&t), STR("edited 1-")));
}

static void test_the_root_covers_every_part(void **state)
{
    (void)state;
    uint8_t zero[CHAIN_BYTES] = {0}, roots[5][CHAIN_BYTES];
    for (int i = 0; i < 5; i++) {
        struct chain_root root;
        struct chain_head head = {.incident = incident_id, .seq = 7 + (i == 1)};
        head.hash[0] = i == 2;
        chain_root_init(&root, 1 + (i == 3), 1000, zero);
        chain_root_add(&root, &head);
        if (i == 4) {
            chain_root_add(&root, &head);
        }
        chain_root_end(&root, roots[i]);
    }
    for (int i = 1; i < 5; i++) {
        assert_memory_not_equal(roots[0], roots[i], CHAIN_BYTES);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_an_untouched_timeline_is_sound),
        T(test_every_field_counts),
        T(test_an_edited_entry_and_its_hash_show_at_the_next_one),
        T(test_a_hash_that_was_edited_is_not_held_against_the_next_entry),
        T(test_deleted_entries_leave_a_gap),
        T(test_a_deletion_is_seen_although_the_rest_moved_up),
        T(test_an_entry_without_a_place_was_inserted),
        T(test_two_entries_that_changed_places_are_named),
        T(test_a_cut_off_end_is_seen_by_the_incident_and_by_anchors),
        T(test_a_history_that_was_written_anew_does_not_fit_the_anchor),
        T(test_the_incidents_own_row_counts),
        T(test_entries_from_before_the_chain_count_together),
        T(test_nobody_can_make_an_incident_older_than_the_chain),
        T(test_no_damage_goes_unseen),
        T(test_a_timeline_of_garbage_is_diagnosed_in_bounded_time),
        T(test_the_root_covers_every_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
