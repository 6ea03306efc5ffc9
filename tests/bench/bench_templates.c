/* How fast one message is rendered, over and over: a tool of bench_templates.py.
 *
 *     bench_templates --data FILE --files FILE --text TEXT [--type text|html] [--ms 500]
 * One JSON line: renders, the processor time they took, the bytes of one.
 */
#include "app/settings_file.h"
#include "channels/template_data.h"
#include "formats/template/template.h"
#include "options.h"

#include <time.h>

enum { FILE_MAX = 1 << 20, OUTPUT_MAX = 1 << 20, ROUND = 16 };

static struct str read_text(struct arena *arena, const char *path)
{
    struct str text;
    struct err err = ERR_INIT;
    if (file_read(arena, path, FILE_MAX, &text, &err) != OK) {
        fprintf(stderr, "%s: %s\n", err.where, err.detail);
        exit(1);
    }
    return text;
}

static double processor_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void stop_on(enum status status, const struct template_error *error)
{
    if (status != OK) {
        fprintf(stderr, "%.*s\n", STR_ARG(error->text));
        exit(1);
    }
}

static const struct template *compile(struct arena *arena, int argc, char **argv)
{
    size_t n;
    const struct template *template;
    const struct template_func *funcs = template_data_funcs(&n);
    struct template_set *set = template_set_new(arena, funcs, n);
    struct template_error error = {0};
    bool is_html = str_eq(str_from(option_text(argc, argv, "--type", "text")), STR("html"));
    struct str text = read_text(arena, option_text(argc, argv, "--files", NULL));
    stop_on(template_set_add(set, STR("bench.tmpl"), text, &error), &error);
    stop_on(template_compile(set, arena, str_from(option_text(argc, argv, "--text", NULL)),
                             is_html ? TEMPLATE_HTML : TEMPLATE_TEXT, &template, &error),
            &error);
    return template;
}

int main(int argc, char **argv)
{
    struct arena arena, scratch;
    struct value data;
    struct err err = ERR_INIT;
    struct strbuf out;
    arena_init(&arena);
    arena_init(&scratch);
    const struct template *template = compile(&arena, argc, argv);
    if (template_data_read(&arena, read_text(&arena, option_text(argc, argv, "--data", NULL)),
                           &gotime_utc, &data, &err) != OK) {
        fprintf(stderr, "%s\n", err.detail);
        return 1;
    }
    const struct template_env env = {
        .local = &gotime_utc, .data = &data, .limits = TEMPLATE_LIMITS_DEFAULT};
    double limit = (double)option_number(argc, argv, "--ms", "500") / 1000;
    double begin = processor_seconds(), took;
    size_t n = 0, bytes = 0;
    do {
        for (int i = 0; i < ROUND; i++, n++) {
            struct template_error error = {0};
            strbuf_init(&out, &scratch, OUTPUT_MAX);
            stop_on(template_render(template, &data, &env, &scratch, &out, &error), &error);
            bytes = out.n;
            arena_clear(&scratch);
        }
        took = processor_seconds() - begin;
    } while (took < limit);
    printf("{\"n\":%zu,\"seconds\":%.6f,\"bytes\":%zu}\n", n, took, bytes);
    arena_release(&scratch);
    arena_release(&arena);
    return 0;
}
