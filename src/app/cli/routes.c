/* `alertify routes show` and `alertify routes test`: arguments, output and exit codes of amtool's
 * `config routes`. Only the tree of the file is read, so an alertmanager.yml will do, and no secret
 * has to be at hand. `alertify routes unittest` is in unittest.c. */
#include "app/cli/cli.h"
#include "app/cli/unittest.h"
#include "app/cli/words.h"
#include "app/routes_load.h"
#include "base/vec.h"
#include "formats/json_write.h"
#include "wire/matcher_syntax.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { OUTPUT_MAX = 64 << 20 };

/* amtool has no-break spaces there, and scripts compare. */
#define LINE_DOWN "│\u00a0\u00a0 "

struct request {
    const struct cli_command *command;
    const char *file, *verify;
    bool with_tree, as_json;
    struct arena arena;
    struct routes_result routes;
    struct strbuf out;
};

/* --- trees ------------------------------------------------------------------------------------ */

/* What is shown of a route. */
struct branch {
    const struct route *route;
    bool shows_continue, shows_receiver;
    VEC(struct branch) children;
};

static struct branch whole_tree(struct arena *arena, const struct route *route)
{
    struct branch branch = {.route = route, .shows_continue = true, .shows_receiver = true};
    for (size_t i = 0; i < route->n_children; i++) {
        VEC_PUSH(arena, &branch.children, whole_tree(arena, &route->children[i]));
    }
    return branch;
}

/* The routes that take the alert, and those above them. False: none of them here. */
static bool matching_tree(struct arena *arena, const struct route *route, struct route_hits hits,
                          struct branch *ret)
{
    *ret = (struct branch){.route = route};
    for (size_t i = 0; i < hits.n; i++) {
        ret->shows_receiver |= hits.v[i] == route;
    }
    for (size_t i = 0; i < route->n_children; i++) {
        struct branch child;
        if (matching_tree(arena, &route->children[i], hits, &child)) {
            VEC_PUSH(arena, &ret->children, child);
        }
    }
    return ret->shows_receiver || ret->children.n > 0;
}

static struct str conditions(struct arena *arena, const struct route *route)
{
    return route->matchers.n > 0 ? matchers_format(arena, route->matchers) : STR("default-route");
}

static void print_branch(struct request *r, const struct branch *branch, struct str margin,
                         bool is_last)
{
    const struct route *route = branch->route;
    struct str text = conditions(&r->arena, route);
    strbuf_printf(&r->out, "%.*s%s%.*s", STR_ARG(margin), is_last ? "└── " : "├── ", STR_ARG(text));
    strbuf_add(&r->out,
               branch->shows_continue && route->continues ? STR("  continue: true") : STR_EMPTY);
    if (branch->shows_receiver) {
        strbuf_printf(&r->out, "  receiver: %.*s", STR_ARG(route->receiver->name));
    }
    strbuf_add_char(&r->out, '\n');
    margin = str_printf(&r->arena, "%.*s%s", STR_ARG(margin), is_last ? "    " : LINE_DOWN);
    for (size_t i = 0; i < branch->children.n; i++) {
        print_branch(r, &branch->children.v[i], margin, i + 1 == branch->children.n);
    }
}

static void print_tree(struct request *r, const char *title, const struct branch *top)
{
    strbuf_printf(&r->out, "%s\n.\n", title);
    print_branch(r, top, STR_EMPTY, true);
    strbuf_add_char(&r->out, '\n');
}

static void add_branch(struct request *r, struct json_writer *w, const struct branch *branch)
{
    const struct route *route = branch->route;
    json_begin_object(w);
    json_put_str(w, "matchers", matchers_format(&r->arena, route->matchers));
    json_put_str(w, "receiver", route->receiver->name);
    json_put_bool(w, "continue", route->continues);
    json_put_str(w, "where", route->where);
    json_key(w, STR("routes"));
    json_begin_array(w);
    for (size_t i = 0; i < branch->children.n; i++) {
        add_branch(r, w, &branch->children.v[i]);
    }
    json_end_array(w);
    json_end_object(w);
}

/* --- show ------------------------------------------------------------------------------------- */

static int show(struct request *r)
{
    struct branch top = whole_tree(&r->arena, &r->routes.settings->root);
    if (r->as_json) {
        struct json_writer w;
        json_begin(&w, &r->out);
        add_branch(r, &w, &top);
        json_end(&w);
        strbuf_add_char(&r->out, '\n');
    } else {
        print_tree(r, "Routing tree:", &top);
    }
    return CLI_OK;
}

/* --- test ------------------------------------------------------------------------------------- */

static struct str join_receivers(struct arena *arena, struct route_hits hits)
{
    struct strbuf out;
    strbuf_init(&out, arena, OUTPUT_MAX);
    for (size_t i = 0; i < hits.n; i++) {
        strbuf_add(&out, i > 0 ? STR(",") : STR_EMPTY);
        strbuf_add(&out, hits.v[i]->receiver->name);
    }
    return strbuf_str(&out);
}

static void add_answer(struct request *r, struct route_hits hits, const struct branch *top,
                       bool is_expected)
{
    struct json_writer w;
    json_begin(&w, &r->out);
    json_begin_object(&w);
    json_key(&w, STR("receivers"));
    json_begin_array(&w);
    for (size_t i = 0; i < hits.n; i++) {
        json_add_str(&w, hits.v[i]->receiver->name);
    }
    json_end_array(&w);
    if (r->verify) {
        json_put_bool(&w, "as_expected", is_expected);
    }
    if (r->with_tree) {
        json_key(&w, STR("tree"));
        add_branch(r, &w, top);
    }
    json_end_object(&w);
    json_end(&w);
    strbuf_add_char(&r->out, '\n');
}

static int test(struct request *r, int n, char **words)
{
    struct labels labels;
    struct branch top;
    struct str why;
    if (!words_to_labels(&r->arena, n, words, &labels, &why)) {
        fprintf(stderr, "alertify %s: failed to parse labels: %.*s\n", r->command->name,
                STR_ARG(why));
        return CLI_FAILED;
    }
    const struct route *root = &r->routes.settings->root;
    struct route_hits hits = route_match(root, labels, &r->arena);
    struct str receivers = join_receivers(&r->arena, hits);
    bool is_expected = !r->verify || !r->verify[0] || str_eq(receivers, str_from(r->verify));
    CHECK(matching_tree(&r->arena, root, hits, &top));
    if (r->as_json) {
        add_answer(r, hits, &top, is_expected);
        return is_expected ? CLI_OK : CLI_FAILED;
    }
    if (r->with_tree) {
        print_tree(r, "Matching routes:", &top);
        strbuf_add_char(&r->out, '\n');
    }
    strbuf_add(&r->out, receivers);
    strbuf_add_char(&r->out, '\n');
    if (!is_expected) {
        strbuf_add(&r->out, STR("WARNING: Expected receivers did not match resolved receivers.\n"));
    }
    return is_expected ? CLI_OK : CLI_FAILED;
}

/* --- the command ------------------------------------------------------------------------------ */

static bool load(struct request *r)
{
    struct problems problems;
    struct str path = str_from(r->file);
    problems_init(&problems, &r->arena);
    bool is_good =
        routes_load_tree(&r->arena, (struct setting_texts){&path, 1}, &problems, &r->routes);
    if (!is_good) { /* warnings alone are for `alertify check` */
        fputs(problems.text.p, stderr);
    }
    return is_good;
}

static int answer(struct request *r, bool is_test, int n, char **words)
{
    arena_init(&r->arena);
    strbuf_init(&r->out, &r->arena, OUTPUT_MAX);
    int code = CLI_FAILED;
    if (load(r)) {
        code = is_test ? test(r, n, words) : show(r);
        fwrite(r->out.p, 1, r->out.n, stdout);
        routes_release(&r->routes);
    }
    arena_release(&r->arena);
    return code;
}

int cli_routes(const struct cli_command *command, int argc, char **argv)
{
    struct request r = {.command = command};
    const struct cli_option options[] = {
        {"config.file", "FILE", "a routing file or folder, or an alertmanager.yml", &r.file, NULL},
        {"verify.receivers", "A,B",
         "test: exit with 1 unless these receivers get it, in this order", &r.verify, NULL},
        {"tree", NULL, "test: the routes that match, as a tree", NULL, &r.with_tree},
        {"json", NULL, "the answer as JSON", NULL, &r.as_json},
        {0},
    };
    int code = cli_options(command, options, &argc, argv, 0, INT_MAX);
    if (code != CLI_GO) {
        return code;
    }
    if (argc > 0 && strcmp(argv[0], "unittest") == 0) {
        return argc > 1 ? unittest_files(argc - 1, argv + 1)
                        : cli_usage(command, "which test files? routes unittest FILE…");
    }
    bool is_test = argc > 0 && strcmp(argv[0], "test") == 0;
    if (argc > 0 && !is_test && strcmp(argv[0], "show") != 0) {
        return cli_usage(command, "there is no \"routes %s\"", argv[0]);
    }
    if (argc > 1 && !is_test) {
        return cli_usage(command, "\"%s\" is one too many", argv[1]);
    }
    if (!r.file) {
        return cli_usage(command, "which file? --config.file FILE");
    }
    return answer(&r, is_test, argc - 1, argv + 1);
}
