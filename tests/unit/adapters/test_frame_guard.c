#include "adapters/frame_guard.h"

#include "adapters/http1_head.h"
#include "base/time_units.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { DATA, HEADERS, PRIORITY, RST, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION };
enum { END_STREAM = 1, END_HEADERS = 4, PADDED = 8 };

struct wire {
    uint8_t bytes[64 * 1024];
    size_t n;
};

static void add_frame(struct wire *w, uint8_t type, uint8_t flags, uint32_t stream,
                      const uint8_t *payload, size_t n)
{
    uint8_t head[9] = {(uint8_t)(n >> 16),
                       (uint8_t)(n >> 8),
                       (uint8_t)n,
                       type,
                       flags,
                       (uint8_t)(stream >> 24),
                       (uint8_t)(stream >> 16),
                       (uint8_t)(stream >> 8),
                       (uint8_t)stream};
    memcpy(w->bytes + w->n, head, sizeof(head));
    w->n += sizeof(head);
    if (n > 0) {
        memcpy(w->bytes + w->n, payload, n);
        w->n += n;
    }
}

static struct frame_guard ready_guard(void)
{
    struct frame_guard g;
    frame_guard_init(&g);
    g.has_preface = true;
    return g;
}

/* Sends the frame until the guard objects; returns how often that was, or `most`. */
static int times_until(struct frame_guard *g, const struct wire *w, int most, int64_t step_us,
                       enum guard_verdict *ret)
{
    int64_t now_us = 1000 * US_PER_S;
    for (int i = 1; i <= most; i++, now_us += step_us) {
        struct wire copy = *w;
        *ret = frame_guard_check(g, copy.bytes, &copy.n, now_us);
        if (*ret != GUARD_OK) {
            return i;
        }
    }
    return most;
}

static int flood(uint8_t type, uint8_t flags, uint32_t stream, const char *payload, size_t n,
                 enum guard_verdict *ret)
{
    struct frame_guard g = ready_guard();
    struct wire w = {.n = 0};
    add_frame(&w, type, flags, stream, (const uint8_t *)payload, n);
    int times = times_until(&g, &w, 5000, 10, ret);
    frame_guard_release(&g);
    return times;
}

static void test_a_budget_allows_its_burst_and_then_its_rate(void **state)
{
    (void)state;
    struct budget b = {0};
    for (int i = 0; i < 100; i++) {
        assert_true(budget_take(&b, US_PER_S, 10, 100));
    }
    assert_false(budget_take(&b, US_PER_S, 10, 100));
    struct budget slow = {0};
    for (int i = 0; i < 1000; i++) {
        assert_true(budget_take(&slow, US_PER_S + i * 100 * US_PER_MS, 10, 5));
    }
}

static void test_floods_of_control_frames_are_cut(void **state)
{
    (void)state;
    static const struct {
        uint8_t type, flags;
        uint32_t stream;
        size_t n;
        enum guard_verdict verdict;
        int most;
    } cases[] = {
        {RST, 0, 1, 4, GUARD_RESETS, 201},           {SETTINGS, 0, 0, 0, GUARD_CONTROL, 201},
        {PING, 0, 0, 8, GUARD_CONTROL, 201},         {PRIORITY, 0, 3, 5, GUARD_CONTROL, 201},
        {DATA, 0, 1, 0, GUARD_CONTROL, 201},         {77, 0, 0, 3, GUARD_CONTROL, 201},
        {CONTINUATION, 0, 1, 0, GUARD_CONTROL, 201}, {GOAWAY, 0, 0, 8, GUARD_CONTROL, 201},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum guard_verdict v;
        int times = flood(cases[i].type, cases[i].flags, cases[i].stream, "\0\0\0\1\0\0\0\0",
                          cases[i].n, &v);
        assert_int_equal(v, cases[i].verdict);
        assert_in_range(times, 200, cases[i].most);
    }
}

static void test_window_updates_have_a_wider_budget(void **state)
{
    (void)state;
    enum guard_verdict v;
    int times = flood(WINDOW, 0, 1, "\0\0\1\0", 4, &v);
    assert_int_equal(v, GUARD_WINDOW);
    assert_in_range(times, 2000, 2200);
}

static void test_window_updates_that_break_a_stream_count_as_resets(void **state)
{
    (void)state;
    enum guard_verdict v;
    assert_in_range(flood(WINDOW, 0, 1, "\0\0\0\0", 4, &v), 200, 201);
    assert_int_equal(v, GUARD_RESETS);
    assert_in_range(flood(WINDOW, 0, 1, "\x7f\xff\xff\xff", 4, &v), 200, 201);
    assert_int_equal(v, GUARD_RESETS);
}

static void test_data_and_requests_of_an_honest_client_pass(void **state)
{
    (void)state;
    struct frame_guard g = ready_guard();
    struct wire w = {.n = 0};
    add_frame(&w, HEADERS, END_HEADERS, 1, (const uint8_t *)"\x82\x84\x86\x41\x01x", 6);
    add_frame(&w, DATA, END_STREAM, 1, (const uint8_t *)"body", 4);
    add_frame(&w, WINDOW, 0, 0, (const uint8_t *)"\0\0\1\0", 4);
    enum guard_verdict v;
    assert_int_equal(times_until(&g, &w, 100000, 100, &v), 100000);
    assert_int_equal(v, GUARD_OK);
    assert_int_equal(g.n_requests, 100000);
    frame_guard_release(&g);
}

static void test_an_incomplete_frame_waits_for_its_rest(void **state)
{
    (void)state;
    struct frame_guard g = ready_guard();
    struct wire w = {.n = 0};
    add_frame(&w, RST, 0, 1, (const uint8_t *)"\0\0\0\0", 4);
    for (size_t n = 0; n < w.n; n++) {
        size_t part = n;
        assert_int_equal(frame_guard_check(&g, w.bytes, &part, US_PER_S), GUARD_OK);
        assert_int_equal(part, n);
        assert_int_equal(g.n_frames, 0);
    }
    assert_int_equal(frame_guard_check(&g, w.bytes, &w.n, US_PER_S), GUARD_OK);
    assert_int_equal(g.n_frames, 1);
}

static void test_the_preface_is_not_taken_for_frames(void **state)
{
    (void)state;
    struct frame_guard g;
    frame_guard_init(&g);
    struct wire w = {.n = 24};
    memcpy(w.bytes, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24);
    size_t part = 23;
    assert_int_equal(frame_guard_check(&g, w.bytes, &part, US_PER_S), GUARD_OK);
    assert_false(g.has_preface);
    add_frame(&w, SETTINGS, 0, 0, NULL, 0);
    assert_int_equal(frame_guard_check(&g, w.bytes, &w.n, US_PER_S), GUARD_OK);
    assert_true(g.has_preface);
    assert_int_equal(g.n_frames, 1);
}

static void test_unknown_frames_are_taken_out_of_the_buffer(void **state)
{
    (void)state;
    struct frame_guard g = ready_guard();
    struct wire w = {.n = 0}, want = {.n = 0};
    add_frame(&w, PING, 0, 0, (const uint8_t *)"12345678", 8);
    add_frame(&w, 200, 0, 0, (const uint8_t *)"grease", 6);
    add_frame(&w, DATA, END_STREAM, 1, (const uint8_t *)"abc", 3);
    add_frame(&w, 201, 0, 0, NULL, 0);
    add_frame(&want, PING, 0, 0, (const uint8_t *)"12345678", 8);
    add_frame(&want, DATA, END_STREAM, 1, (const uint8_t *)"abc", 3);
    assert_int_equal(frame_guard_check(&g, w.bytes, &w.n, US_PER_S), GUARD_OK);
    assert_int_equal(w.n, want.n);
    assert_memory_equal(w.bytes, want.bytes, want.n);
}

static void test_a_header_bomb_is_cut_before_it_is_decoded(void **state)
{
    (void)state;
    struct frame_guard g = ready_guard();
    struct wire w = {.n = 0};
    uint8_t block[8000];
    memset(block, 0xbe, sizeof(block)); /* one dynamic entry, 8000 times */
    add_frame(&w, HEADERS, END_HEADERS, 1, block, sizeof(block));
    assert_int_equal(frame_guard_check(&g, w.bytes, &w.n, US_PER_S), GUARD_FIELDS);
    frame_guard_release(&g);
}

static void test_a_header_bomb_in_continuations_is_cut_too(void **state)
{
    (void)state;
    struct frame_guard g = ready_guard();
    struct wire w = {.n = 0};
    uint8_t block[100];
    memset(block, 0xbe, sizeof(block));
    add_frame(&w, HEADERS, 0, 1, block, sizeof(block));
    add_frame(&w, CONTINUATION, END_HEADERS, 1, block, sizeof(block));
    assert_int_equal(frame_guard_check(&g, w.bytes, &w.n, US_PER_S), GUARD_FIELDS);
    frame_guard_release(&g);
}

static void test_a_continuation_flood_is_cut_at_16_kib(void **state)
{
    (void)state;
    struct frame_guard g = ready_guard();
    struct wire w = {.n = 0};
    static const uint8_t block[1000];
    add_frame(&w, HEADERS, 0, 1, block, 0);
    size_t n = w.n;
    assert_int_equal(frame_guard_check(&g, w.bytes, &n, US_PER_S), GUARD_OK);
    w.n = 0;
    add_frame(&w, CONTINUATION, 0, 1, block, sizeof(block));
    enum guard_verdict v;
    assert_int_equal(times_until(&g, &w, 100, 10, &v), 17);
    assert_int_equal(v, GUARD_BLOCK);
    frame_guard_release(&g);
}

static void test_fields_are_counted_without_decoding(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n, count;
    } cases[] = {
        {"", 0, 0},
        {"\x82\x86\x84", 3, 3},     /* indexed */
        {"\x3f\xe1\x1f\x82", 4, 1}, /* table size update, then one */
        {"\x40\x01"
         "a\x01"
         "b\x82",
         6, 2}, /* literal, new name */
        {"\x41\x03"
         "abc\x0f\x01\x01z\x10\x01q\x01v",
         14, 3},                            /* known name; never indexed */
        {"\x40\x7f", 2, 0},                 /* truncated */
        {"\xff\xff\xff\xff\xff\xff", 6, 0}, /* absurd integer */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(hpack_count_fields((const uint8_t *)cases[i].bytes, cases[i].n, 100),
                         cases[i].count);
    }
}

static void test_random_bytes_never_run_past_the_buffer(void **state)
{
    (void)state;
    unsigned seed = 1;
    for (int round = 0; round < 3000; round++) {
        size_t n = (size_t)(rand_r(&seed) % 300);
        uint8_t *bytes = malloc(n + 1); /* its end is watched by the address sanitizer */
        for (size_t i = 0; i < n; i++) {
            bytes[i] = (uint8_t)(i % 9 < 2 ? 0 : rand_r(&seed));
        }
        struct frame_guard g = ready_guard();
        size_t left = n;
        (void)frame_guard_check(&g, bytes, &left, US_PER_S);
        (void)hpack_count_fields(bytes, n, 128);
        assert_true(left <= n);
        frame_guard_release(&g);
        free(bytes);
    }
}

static void test_heads_with_two_meanings_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        bool is_sound;
    } cases[] = {
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n", true},
        {"POST / HTTP/1.1\nHost: a\n\n", true},
        {"POST / HTTP/1.1\r\nContent-Length: 3\r\ncontent-length: 3\r\n\r\n", false},
        {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", false},
        {"POST / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nX: a\r\n b\r\n\r\n", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str head = str_from(cases[i].head);
        assert_int_equal(http1_head_len(head), head.n);
        assert_int_equal(http1_head_len(str_slice(head, 0, head.n - 1)), 0);
        assert_int_equal(http1_head_fault(head) == NULL, cases[i].is_sound);
    }
    assert_int_equal(http1_head_len(STR("\r\n\r\nGET / HTTP/1.1\r\n\r\nrest")), 22);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_budget_allows_its_burst_and_then_its_rate),
        cmocka_unit_test(test_floods_of_control_frames_are_cut),
        cmocka_unit_test(test_window_updates_have_a_wider_budget),
        cmocka_unit_test(test_window_updates_that_break_a_stream_count_as_resets),
        cmocka_unit_test(test_data_and_requests_of_an_honest_client_pass),
        cmocka_unit_test(test_an_incomplete_frame_waits_for_its_rest),
        cmocka_unit_test(test_the_preface_is_not_taken_for_frames),
        cmocka_unit_test(test_unknown_frames_are_taken_out_of_the_buffer),
        cmocka_unit_test(test_a_header_bomb_is_cut_before_it_is_decoded),
        cmocka_unit_test(test_a_header_bomb_in_continuations_is_cut_too),
        cmocka_unit_test(test_a_continuation_flood_is_cut_at_16_kib),
        cmocka_unit_test(test_fields_are_counted_without_decoding),
        cmocka_unit_test(test_random_bytes_never_run_past_the_buffer),
        cmocka_unit_test(test_heads_with_two_meanings_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
