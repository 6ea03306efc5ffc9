#include "formats/template/funcs.h"
#include "formats/template/html_edit.h"
#include "formats/template/html_filters.h"
#include "formats/template/types.h"

#include <string.h>

/* --- planning ------------------------------------------------------------------------------- */

static struct str shown(struct arena *arena, const struct node *node)
{
    struct strbuf text;
    strbuf_init(&text, arena, node->source->text.n * 2 + 256);
    node_add(&text, node);
    return strbuf_str(&text);
}

static const struct template_func *command_func(const struct node *command)
{
    const struct node *first = command->command.v[0];
    return first->kind == NODE_IDENTIFIER ? first->identifier.func : NULL;
}

/* Which of the functions that escape by hand it is; html_filter_COUNT: none. */
static enum html_filter hand_filter(const struct node *command)
{
    const struct template_func *func = command_func(command);
    return !func                        ? html_filter_COUNT
           : func->run == func_html     ? HTML_FILTER_FUNC_HTML
           : func->run == func_urlquery ? HTML_FILTER_FUNC_URLQUERY
                                        : html_filter_COUNT;
}

/* Escaping by hand is only understood at the end of a pipe. */
static bool is_hand_escaping_well(struct arena *arena, const struct node *action,
                                  struct html_context *c)
{
    const struct node *pipe = action->branch.pipe;
    for (size_t i = 0; i < pipe->pipe.n_commands; i++) {
        enum html_filter filter = hand_filter(pipe->pipe.commands[i]);
        bool is_unquoted = c->state == HTML_ATTR && c->delim == HTML_DELIM_SPACE;
        if (filter != html_filter_COUNT &&
            (i + 1 < pipe->pipe.n_commands || (is_unquoted && filter == HTML_FILTER_FUNC_HTML))) {
            *c = html_context_error(arena, action,
                                    "predefined escaper \"%s\" disallowed in template",
                                    html_filter_name(filter));
            return false;
        }
    }
    return true;
}

static void add_filter(struct html_edit *edit, enum html_filter filter)
{
    CHECK(edit->n_filters < NODE_ESCAPERS_MAX);
    edit->filters[edit->n_filters++] = (unsigned char)filter;
}

/* False: *c is an error. */
static bool add_url_filters(struct arena *arena, const struct node *action, struct html_context *c,
                            struct html_edit *edit)
{
    bool is_string = c->state == HTML_CSS_DQ_STR || c->state == HTML_CSS_SQ_STR;
    switch (c->url_part) {
    case HTML_URL_NONE:
        add_filter(edit, HTML_FILTER_URL);
        add_filter(edit, is_string ? HTML_FILTER_CSS_STRING : HTML_FILTER_URL_NORMAL);
        return true;
    case HTML_URL_PRE_QUERY:
        add_filter(edit, is_string ? HTML_FILTER_CSS_STRING : HTML_FILTER_URL_NORMAL);
        return true;
    case HTML_URL_QUERY:
        add_filter(edit, HTML_FILTER_URL_PART);
        return true;
    case HTML_URL_UNKNOWN:
    case html_url_part_COUNT:
        break;
    }
    struct str text = shown(arena, action);
    *c = html_context_error(arena, action, "%.*s appears in an ambiguous context within a URL",
                            STR_ARG(text));
    return false;
}

static bool add_state_filters(struct arena *arena, const struct node *action,
                              struct html_context *c, struct html_edit *edit)
{
    switch (c->state) {
    case HTML_TEXT:
        add_filter(edit, HTML_FILTER_TEXT);
        return true;
    case HTML_RCDATA:
        add_filter(edit, HTML_FILTER_RCDATA);
        return true;
    case HTML_TAG:
    case HTML_ATTR_NAME:
        c->state = HTML_ATTR_NAME;
        add_filter(edit, HTML_FILTER_NAME);
        return true;
    case HTML_ATTR:
        return true;
    case HTML_URL:
    case HTML_CSS_DQ_STR:
    case HTML_CSS_SQ_STR:
    case HTML_CSS_DQ_URL:
    case HTML_CSS_SQ_URL:
    case HTML_CSS_URL:
        return add_url_filters(arena, action, c, edit);
    case HTML_SRCSET:
        add_filter(edit, HTML_FILTER_SRCSET);
        return true;
    case HTML_CSS:
        add_filter(edit, HTML_FILTER_CSS_VALUE);
        return true;
    case HTML_COMMENT:
    case HTML_CSS_BLOCK_COMMENT:
    case HTML_CSS_LINE_COMMENT:
        add_filter(edit, HTML_FILTER_COMMENT);
        return true;
    case HTML_JS: {
        struct str text = shown(arena, action);
        *c = html_context_error(arena, action,
                                "%.*s appears in a script, where nothing can be inserted",
                                STR_ARG(text));
        return false;
    }
    case HTML_AFTER_NAME:
    case HTML_BEFORE_VALUE:
    case HTML_ERROR:
    case HTML_DEAD:
    case html_state_COUNT:
        break;
    }
    UNREACHABLE("not a state for an action");
}

struct html_context html_edit_action(struct arena *arena, struct html_context c,
                                     struct node *action, struct html_edit *ret)
{
    struct html_edit edit = {.node = action};
    if (action->branch.pipe->pipe.n_decls > 0) {
        return c; /* nothing is written */
    }
    c = html_context_nudge(c);
    if (!is_hand_escaping_well(arena, action, &c) || c.state == HTML_ERROR ||
        !add_state_filters(arena, action, &c, &edit)) {
        return c;
    }
    bool is_comment = html_is_comment(c.state);
    if (c.delim == HTML_DELIM_SPACE && !is_comment) {
        add_filter(&edit, HTML_FILTER_NOSPACE);
    } else if (c.delim != HTML_DELIM_NONE && !is_comment) {
        add_filter(&edit, HTML_FILTER_ATTR);
    }
    *ret = edit;
    return c;
}

/* --- making the change ---------------------------------------------------------------------- */

/* The function that takes the place of `html a b`, whose escaping the filters do. */
static bool eval_args(struct template_call *call)
{
    return func_print(call);
}
static const struct value_type *const anys[] = {&type_any};
static const struct template_func func_eval_args = {
    .name = {"_eval_args_", 11}, .in = anys, .n_in = 1, .is_variadic = true, .run = eval_args};

static const struct node *with_func(struct arena *arena, const struct node *command,
                                    const struct template_func *func)
{
    const struct node **args = ARENA_ARRAY(arena, const struct node *, command->command.n);
    memcpy(args, command->command.v, command->command.n * sizeof(*args));
    struct node *identifier = ARENA_NEW(arena, struct node), *copy = ARENA_NEW(arena, struct node);
    *identifier = *args[0];
    identifier->identifier.text = func->name;
    identifier->identifier.func = func;
    args[0] = identifier;
    *copy = *command;
    copy->command.v = args;
    return copy;
}

/* What a filter does that a function does as well, so that both would be one too many. */
static enum html_filter norm(enum html_filter filter)
{
    bool is_html =
        filter == HTML_FILTER_ATTR || filter == HTML_FILTER_TEXT || filter == HTML_FILTER_RCDATA;
    bool is_url = filter == HTML_FILTER_URL_PART || filter == HTML_FILTER_URL_NORMAL;
    return is_html ? HTML_FILTER_FUNC_HTML : is_url ? HTML_FILTER_FUNC_URLQUERY : filter;
}

/* Puts the filters behind the pipe. If it ends with a function that does the same as one of them,
 * the function moves to that one's place. */
static void edit_action(struct arena *arena, struct html_edit edit)
{
    struct node *action = edit.node;
    struct node *pipe = ARENA_NEW(arena, struct node);
    *pipe = *action->branch.pipe;
    size_t n = pipe->pipe.n_commands;
    const struct node *last = pipe->pipe.commands[n - 1];
    enum html_filter hand = hand_filter(last);
    bool is_replaced = false;
    for (size_t i = 0; i < edit.n_filters && hand != html_filter_COUNT; i++) {
        if (norm((enum html_filter)edit.filters[i]) == hand) {
            edit.filters[i] = (unsigned char)hand;
            is_replaced = true;
        }
    }
    if (is_replaced && n == 1 && last->command.n > 1) {
        const struct node **commands = ARENA_NEW(arena, const struct node *);
        *commands = with_func(arena, last, &func_eval_args);
        pipe->pipe.commands = commands;
    } else if (is_replaced && n > 1) {
        pipe->pipe.n_commands = n - 1;
    }
    memcpy(pipe->pipe.escapers, edit.filters, sizeof(edit.filters));
    pipe->pipe.n_escapers = edit.n_filters;
    action->branch.pipe = pipe;
}

void html_edit_make(struct arena *arena, const struct html_edit *edit)
{
    if (edit->node->kind == NODE_TEXT) {
        edit->node->text = edit->text;
    } else {
        edit_action(arena, *edit);
    }
}
