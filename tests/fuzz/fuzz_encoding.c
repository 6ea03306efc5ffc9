/* Decoders: what is decoded encodes to the same text where the encoding is canonical; escapers give
 * valid UTF-8 without the characters they must remove. */
#include "formats/base64.h"
#include "formats/form.h"
#include "formats/percent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    arena_init(&arena);
    struct str text = {size ? (const char *)data : "", size}, s;
    if (base64_decode(&arena, text, &s)) {
        CHECK(str_eq(base64_encode(&arena, s), text));
    }
    if (base64url_decode(&arena, text, &s)) {
        CHECK(str_eq(base64url_encode(&arena, s), text));
    }
    struct form form;
    struct err err = ERR_INIT;
    if (form_parse(&arena, text, 32, &form, &err) == OK) {
        for (size_t i = 0; i < form.n; i++) {
            CHECK(str_is_utf8(form.fields[i].name) && str_is_utf8(form.fields[i].value));
        }
    }
    struct strbuf out;
    strbuf_init(&out, &arena, size * 6 + 1);
    percent_encode(&out, text);
    CHECK(percent_decode(&arena, strbuf_str(&out), &s) && str_eq(s, text));
    arena_release(&arena);
    return 0;
}
