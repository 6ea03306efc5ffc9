#include "adapters/output_keep.h"

#include <inttypes.h>
#include <string.h>

enum { NOTE_MAX = 64 };

void output_keep_init(struct output_keep *keep, struct arena *arena, size_t max)
{
    CHECK(max >= 256);
    size_t room = max - NOTE_MAX;
    *keep = (struct output_keep){.head_max = room / 2, .tail_max = room - room / 2};
    keep->head = arena_alloc(arena, keep->head_max);
    keep->tail = arena_alloc(arena, keep->tail_max);
}

void output_keep_add(struct output_keep *keep, const char *p, size_t n)
{
    size_t room = keep->head_max - keep->head_n;
    size_t first = n < room ? n : room;
    memcpy(keep->head + keep->head_n, p, first);
    keep->head_n += first;
    p += first;
    n -= first;
    if (n > keep->tail_max) { /* only the end of it can stay */
        keep->tail_seen += n - keep->tail_max;
        p += n - keep->tail_max;
        n = keep->tail_max;
    }
    while (n > 0) {
        size_t at = (size_t)(keep->tail_seen % keep->tail_max);
        size_t take = n < keep->tail_max - at ? n : keep->tail_max - at;
        memcpy(keep->tail + at, p, take);
        keep->tail_seen += take;
        p += take;
        n -= take;
    }
}

struct str output_keep_text(const struct output_keep *keep, struct arena *arena, bool *ret_is_cut)
{
    struct strbuf text;
    strbuf_init(&text, arena, keep->head_max + keep->tail_max + NOTE_MAX);
    *ret_is_cut = keep->tail_seen > keep->tail_max;
    struct str head = {keep->head, keep->head_n};
    if (!*ret_is_cut) {
        strbuf_add(&text, head);
        strbuf_add(&text, (struct str){keep->tail, (size_t)keep->tail_seen});
        return strbuf_str(&text);
    }
    size_t start = (size_t)(keep->tail_seen % keep->tail_max);
    char *straight = arena_alloc(arena, keep->tail_max);
    memcpy(straight, keep->tail + start, keep->tail_max - start);
    memcpy(straight + keep->tail_max - start, keep->tail, start);
    size_t skip = 0;
    while (skip < 3 && ((unsigned char)straight[skip] & 0xc0) == 0x80) {
        skip++;
    }
    size_t end = head.n;
    for (size_t back = 1; back <= 3 && back <= end; back++) {
        unsigned char c = (unsigned char)head.p[end - back];
        if (c >= 0xc0) { /* a sequence starts here; does it fit? */
            size_t need = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
            head.n = back < need ? end - back : end;
            break;
        }
        if (c < 0x80) {
            break;
        }
    }
    uint64_t left_out = keep->tail_seen - keep->tail_max + (end - head.n) + skip;
    strbuf_add(&text, head);
    strbuf_printf(&text, "\n… %" PRIu64 " bytes left out …\n", left_out);
    strbuf_add(&text, (struct str){straight + skip, keep->tail_max - skip});
    return strbuf_str(&text);
}
