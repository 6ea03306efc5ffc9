/* printf with any format over any values, and numbers that are read back from what was printed.
 * Input: the number of arguments (up to 7), for each a byte and eight more, then the format. */
#include "formats/template/gofloat.h"
#include "formats/template/gofmt.h"
#include "formats/template/gojson.h"
#include "formats/template/goquote.h"
#include "formats/template/gotime.h"
#include "formats/template/types.h"

#include <math.h>
#include <string.h>

enum { ARGS_MAX = 7, ARG_BYTES = 9, OUTPUT_MAX = 16384 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_float(struct arena *arena, double number)
{
    struct strbuf out;
    double back;
    bool is_large;
    strbuf_init(&out, arena, 4096);
    gofloat_add(&out, number, 'g', GOFLOAT_SHORTEST);
    CHECK(gofloat_read(strbuf_str(&out), &back, &is_large) && !is_large);
    CHECK(back == number || (isnan(back) && isnan(number)));
    out.n = 0;
    gofloat_add(&out, number, 'x', GOFLOAT_SHORTEST);
    CHECK(gofloat_read(strbuf_str(&out), &back, &is_large) && !is_large);
    CHECK(back == number || (isnan(back) && isnan(number)));
}

static void check_quotes(struct arena *arena, struct str text)
{
    struct strbuf out;
    struct str back;
    for (int is_ascii = 0; is_ascii < 2; is_ascii++) {
        strbuf_init(&out, arena, OUTPUT_MAX * 4);
        goquote_add(&out, text, is_ascii);
        CHECK(goquote_read(arena, strbuf_str(&out), &back) && str_eq(back, text));
    }
}

static struct value make_value(struct arena *arena, const uint8_t *bytes, struct str text)
{
    static const struct value_type *const integers[] = {&type_int, &type_duration, &type_month,
                                                        &type_weekday, &type_int64};
    struct value *list;
    struct gotime *t;
    int64_t i;
    double f;
    memcpy(&i, bytes + 1, sizeof(i));
    memcpy(&f, bytes + 1, sizeof(f));
    switch (bytes[0] % 12) {
    case 0:
        return VALUE_NONE;
    case 1:
        return value_bool(i & 1);
    case 2:
        check_float(arena, f);
        return value_float(f);
    case 3:
        return value_str(text);
    case 4:
        return (struct value){.type = &type_complex, .complex_parts = {f, -f}};
    case 5:
        return (struct value){.type = &type_uint8, .u = (uint8_t)i};
    case 6:
        t = ARENA_NEW(arena, struct gotime);
        *t = gotime_make(i >> 40, i & 15, i >> 8 & 63, i & 0x1ffff, (int32_t)(i & 0xffffff),
                         &gotime_utc);
        return (struct value){.type = &type_time, .time = t};
    case 7:
        list = ARENA_ARRAY(arena, struct value, 3);
        list[0] = value_int(i);
        list[1] = value_str(text);
        list[2] = value_float(f);
        return value_list(&type_anys, list, bytes[1] % 4);
    case 8:
        list = ARENA_ARRAY(arena, struct value, 8);
        for (int k = 0; k < 8; k++) {
            list[k] = (struct value){.type = &type_uint8, .u = bytes[1 + k]};
        }
        return value_list(&type_bytes, list, 8);
    case 9:
        return (struct value){.type = &type_zone, .zone = i & 1 ? &gotime_utc : NULL};
    }
    return (struct value){.type = integers[bytes[1] % 5], .i = i};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t n = size > 0 ? data[0] % (ARGS_MAX + 1) : 0;
    if (size < 1 + n * ARG_BYTES) {
        return 0;
    }
    struct arena arena;
    arena_init(&arena);
    struct str format = {(const char *)data + 1 + n * ARG_BYTES, size - 1 - n * ARG_BYTES};
    struct value args[ARGS_MAX];
    struct strbuf out, why;
    for (size_t i = 0; i < n; i++) {
        args[i] = make_value(&arena, data + 1 + i * ARG_BYTES, format);
    }
    strbuf_init(&out, &arena, OUTPUT_MAX);
    gofmt_printf(&out, format, args, n);
    gofmt_print(&out, args, n);
    gofmt_println(&out, args, n);
    strbuf_init(&why, &arena, OUTPUT_MAX);
    for (size_t i = 0; i < n; i++) {
        CHECK(gojson_add(&out, &args[i], &why) || why.n > 0);
    }
    check_quotes(&arena, format);
    arena_release(&arena);
    return 0;
}
