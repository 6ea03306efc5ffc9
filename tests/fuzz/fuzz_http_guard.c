/* The frame guard and the HTTP/1 head check read what anyone on the network sends, before the
 * library does. Properties: they never leave the buffer, the guard never grows what it was given,
 * and a part of the bytes is judged without reading the rest. */
#include "adapters/frame_guard.h"
#include "adapters/http1_head.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum guard_verdict judge(const uint8_t *data, size_t size, size_t split)
{
    struct frame_guard guard;
    enum guard_verdict verdict = GUARD_OK;
    uint8_t *copy = malloc(size + 1);
    CHECK(copy);
    memcpy(copy, data, size);
    frame_guard_init(&guard);
    size_t n = split;
    verdict = frame_guard_check(&guard, copy, &n, 0);
    CHECK(n <= split);
    frame_guard_release(&guard);
    free(copy);
    return verdict;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    struct str text = {(const char *)data, size};
    size_t head = http1_head_len(text);
    CHECK(head <= size);
    if (head > 0) {
        (void)http1_head_fault(str_slice(text, 0, head));
    }
    size_t fields = hpack_count_fields(data, size, GUARD_FIELDS_MAX);
    CHECK(fields <= GUARD_FIELDS_MAX + 1);
    (void)judge(data, size, size);
    (void)judge(data, size, data[0] % (size + 1));
    return 0;
}
