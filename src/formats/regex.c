#define PCRE2_CODE_UNIT_WIDTH 8
#include "formats/regex.h"

#include "formats/regex_syntax.h"

#include <pcre2.h>
#include <stdlib.h>

enum { JIT_STACK_MIN = 32 * 1024, JIT_STACK_MAX = 512 * 1024 };

struct regex {
    struct str pattern;
    struct str *literals; /* then code is NULL */
    size_t n_literals;
    struct str *prefixes; /* NULL: unknown */
    size_t n_prefixes;
    struct str needle; /* empty: unknown */
    pcre2_code *code;
};

struct regex_scratch {
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
};

static void free_code(void *code)
{
    pcre2_code_free(code);
}

static void free_compile_context(void *context)
{
    pcre2_compile_context_free(context);
}

static int by_text(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static size_t sort_distinct(struct str *words, size_t n)
{
    qsort(words, n, sizeof(*words), by_text);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || !str_eq(words[kept - 1], words[i])) {
            words[kept++] = words[i];
        }
    }
    return kept;
}

static enum status compile_code(struct arena *arena, struct regex *re, struct err *err)
{
    struct str body;
    enum status status = regex_translate(arena, re->pattern, &body, err);
    if (status != OK) {
        return status;
    }
    struct str whole = str_printf(arena, "\\A(?:%.*s)\\z", STR_ARG(body));
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    CHECK(context);
    arena_defer(arena, free_compile_context, context);
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_DOLLAR_ENDONLY |
                       PCRE2_ALT_CIRCUMFLEX | PCRE2_NO_AUTO_CAPTURE | PCRE2_NEVER_BACKSLASH_C |
                       PCRE2_NEVER_UCP;
    int code;
    PCRE2_SIZE at;
    re->code = pcre2_compile((PCRE2_SPTR)whole.p, whole.n, options, &code, &at, context);
    if (!re->code) {
        PCRE2_UCHAR what[160];
        pcre2_get_error_message(code, what, sizeof(what));
        return err_set(err, ERR_INVALID, "regular expression \"%.*s\": %s",
                       STR_ARG(str_clip_utf8(re->pattern, 120)), (const char *)what);
    }
    arena_defer(arena, free_code, re->code);
    /* Where no executable memory may be had, PCRE2 interprets: slower, same answers. */
    (void)pcre2_jit_compile(re->code, PCRE2_JIT_COMPLETE);
    return OK;
}

enum status regex_compile(struct arena *arena, struct str pattern, const struct regex **ret,
                          struct err *err)
{
    if (pattern.n > REGEX_PATTERN_MAX) {
        return err_set(err, ERR_INVALID, "regular expression is longer than %d bytes",
                       REGEX_PATTERN_MAX);
    }
    if (!str_is_utf8(pattern)) {
        return err_set(err, ERR_INVALID, "regular expression is not UTF-8");
    }
    struct regex *re = ARENA_NEW(arena, struct regex);
    re->pattern = str_dup(arena, pattern);
    re->literals = regex_split_literals(arena, re->pattern, &re->n_literals);
    if (re->literals) {
        re->n_literals = sort_distinct(re->literals, re->n_literals);
    } else {
        enum status status = compile_code(arena, re, err);
        if (status != OK) {
            return status;
        }
        re->prefixes = regex_split_prefixes(arena, re->pattern, &re->n_prefixes);
        re->needle = regex_find_needle(arena, re->pattern);
    }
    *ret = re;
    return OK;
}

static void free_scratch(void *ptr)
{
    struct regex_scratch *scratch = ptr;
    pcre2_match_data_free(scratch->data);
    pcre2_match_context_free(scratch->context);
    pcre2_jit_stack_free(scratch->stack);
}

struct regex_scratch *regex_scratch_new(struct arena *arena)
{
    struct regex_scratch *scratch = ARENA_NEW(arena, struct regex_scratch);
    scratch->data = pcre2_match_data_create(1, NULL);
    scratch->context = pcre2_match_context_create(NULL);
    scratch->stack = pcre2_jit_stack_create(JIT_STACK_MIN, JIT_STACK_MAX, NULL);
    CHECK(scratch->data && scratch->context);
    arena_defer(arena, free_scratch, scratch);
    pcre2_set_match_limit(scratch->context, REGEX_MATCH_LIMIT);
    pcre2_set_heap_limit(scratch->context, REGEX_HEAP_LIMIT_KIB);
    if (scratch->stack) { /* NULL without JIT */
        pcre2_jit_stack_assign(scratch->context, NULL, scratch->stack);
    }
    return scratch;
}

bool regex_matches(const struct regex *re, struct regex_scratch *scratch, struct str subject,
                   bool *ret_gave_up)
{
    if (re->literals) {
        return bsearch(&subject, re->literals, re->n_literals, sizeof(*re->literals), by_text);
    }
    int found = pcre2_match(re->code, (PCRE2_SPTR)(subject.n ? subject.p : ""), subject.n, 0, 0,
                            scratch->data, scratch->context);
    if (found < 0 && found != PCRE2_ERROR_NOMATCH && ret_gave_up) {
        *ret_gave_up = true;
    }
    return found >= 0;
}

struct str regex_pattern(const struct regex *re)
{
    return re->pattern;
}

const struct str *regex_literals(const struct regex *re, size_t *ret_n)
{
    *ret_n = re->n_literals;
    return re->literals;
}

const struct str *regex_prefixes(const struct regex *re, size_t *ret_n)
{
    *ret_n = re->n_prefixes;
    return re->prefixes;
}

struct str regex_needle(const struct regex *re)
{
    return re->needle;
}
