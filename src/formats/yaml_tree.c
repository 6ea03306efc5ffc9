#include "formats/yaml_tree.h"

#include "base/map.h"
#include "base/vec.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

ENUM_DEFINE(yaml_kind, YAML_KINDS)

/* An anchored node; open while its collection is being read, so that it cannot contain itself. */
struct anchor {
    const struct yaml_node *node;
    bool is_open;
};

/* A collection that is being read. */
struct frame {
    struct yaml_node *node;
    struct anchor *anchor;
    const struct yaml_node *key; /* map: read, its value is not */
    struct map keys;             /* map: text → key node */
    VEC(struct yaml_pair) pairs;
    VEC(const struct yaml_node *) items;
};

struct builder {
    struct arena *arena;
    struct arena scratch; /* frames, anchors, key tables: gone after the parse */
    struct str name, text;
    yaml_parser_t parser;
    struct frame *frames[YAML_DEPTH_MAX];
    unsigned depth;
    struct map anchors;
    size_t n_nodes;
    const struct yaml_node *root;
    struct yaml_problem problem;
    struct err *err;
};

/* --- errors ------------------------------------------------------------------------------- */

static enum status refuse(struct builder *b, enum status code, struct yaml_problem at,
                          const char *what)
{
    char where[sizeof(b->err->where)];
    snprintf(where, sizeof(where), "%.*s:%u:%u", STR_ARG(str_clip_utf8(b->name, 100)), at.line,
             at.col);
    b->problem = at;
    return err_at(b->err, code, where, "%s", what);
}

static struct yaml_problem problem_of(const yaml_event_t *event)
{
    const yaml_mark_t *from = &event->start_mark, *to = &event->end_mark;
    size_t len =
        to->line == from->line && to->column > from->column ? to->column - from->column : 1;
    return (struct yaml_problem){(unsigned)from->line + 1, (unsigned)from->column + 1,
                                 (unsigned)len};
}

/* Reader errors carry only a byte offset. */
static struct yaml_problem problem_at_offset(struct str text, size_t offset)
{
    struct yaml_problem at = {1, 1, 1};
    for (size_t i = 0; i < offset && i < text.n; i++) {
        if (text.p[i] == '\n') {
            at.line++;
            at.col = 1;
        } else if (((unsigned char)text.p[i] & 0xc0) != 0x80) {
            at.col++;
        }
    }
    return at;
}

static enum status refuse_syntax(struct builder *b)
{
    const yaml_parser_t *p = &b->parser;
    if (p->error == YAML_READER_ERROR) {
        return refuse(b, ERR_SYNTAX, problem_at_offset(b->text, p->problem_offset), p->problem);
    }
    struct yaml_problem at = {(unsigned)p->problem_mark.line + 1,
                              (unsigned)p->problem_mark.column + 1, 1};
    char what[256];
    if (p->context) {
        snprintf(what, sizeof(what), "%s (%s that starts at %zu:%zu)",
                 p->problem ? p->problem : "not YAML", p->context, p->context_mark.line + 1,
                 p->context_mark.column + 1);
    } else {
        snprintf(what, sizeof(what), "%s", p->problem ? p->problem : "not YAML");
    }
    return refuse(b, ERR_SYNTAX, at, what);
}

/* --- nodes -------------------------------------------------------------------------------- */

static enum status check_tag(struct builder *b, const yaml_event_t *event, const char *tag,
                             bool is_scalar)
{
    static const char *const ours[] = {"!env", "!file", "!vault", "!sealed"};
    if (!tag) {
        return OK;
    }
    for (size_t i = 0; is_scalar && i < sizeof(ours) / sizeof(*ours); i++) {
        if (strcmp(tag, ours[i]) == 0) {
            return OK;
        }
    }
    char what[160];
    snprintf(what, sizeof(what), "tag \"%.80s\" is not supported here (%s)", tag,
             is_scalar ? "known: !env, !file, !vault, !sealed" : "tags go on single values only");
    return refuse(b, ERR_INVALID, problem_of(event), what);
}

static enum status add_node(struct builder *b, const yaml_event_t *event, enum yaml_kind kind,
                            struct yaml_node **ret)
{
    if (++b->n_nodes > YAML_NODES_MAX) {
        return refuse(b, ERR_TOO_LARGE, problem_of(event), "too many values (more than 200000)");
    }
    struct yaml_node *node = ARENA_NEW(b->arena, struct yaml_node);
    node->kind = kind;
    node->text = node->tag = STR_EMPTY;
    node->line = (unsigned)event->start_mark.line + 1;
    node->col = (unsigned)event->start_mark.column + 1;
    node->end_line = (unsigned)event->end_mark.line + 1;
    node->end_col = (unsigned)event->end_mark.column + 1;
    node->visits = 1;
    *ret = node;
    return OK;
}

/* Remembers the anchor before its node is complete, so that a reference to itself is noticed. */
static enum status add_anchor(struct builder *b, const yaml_event_t *event, const char *name,
                              const struct yaml_node *node, struct anchor **ret)
{
    *ret = NULL;
    if (!name) {
        return OK;
    }
    struct str key = str_dup(&b->scratch, str_from(name));
    struct anchor *anchor = ARENA_NEW(&b->scratch, struct anchor);
    *anchor = (struct anchor){node, node->kind != YAML_SCALAR};
    if (map_add(&b->anchors, key, anchor) != anchor) {
        char what[160];
        snprintf(what, sizeof(what), "anchor \"&%.80s\" is defined twice", name);
        return refuse(b, ERR_INVALID, problem_of(event), what);
    }
    *ret = anchor;
    return OK;
}

static enum status check_key(struct builder *b, const yaml_event_t *event, struct frame *frame,
                             const struct yaml_node *key)
{
    if (key->kind != YAML_SCALAR) {
        return refuse(b, ERR_INVALID, yaml_problem_at(key), "a key must be a single value");
    }
    if (key->is_plain && str_eq(key->text, STR("<<"))) {
        return refuse(b, ERR_INVALID, problem_of(event),
                      "merge keys (<<) are not supported: write the keys out, or quote \"<<\"");
    }
    const struct yaml_node *first = map_get(&frame->keys, key->text);
    if (first) {
        char what[200];
        snprintf(what, sizeof(what), "key \"%.*s\" is given twice (first in line %u)",
                 STR_ARG(str_clip_utf8(key->text, 80)), first->line);
        return refuse(b, ERR_INVALID, problem_of(event), what);
    }
    map_add(&frame->keys, key->text, (void *)key);
    return OK;
}

/* Hands a finished node, or the target of an alias, to the collection around it. */
static enum status attach(struct builder *b, const yaml_event_t *event,
                          const struct yaml_node *node, bool is_alias)
{
    if (b->depth == 0) {
        b->root = node;
        return OK;
    }
    struct frame *frame = b->frames[b->depth - 1];
    struct yaml_node *parent = frame->node;
    /* Both sums stay far below 2^32: each term is at most 300000 and a breach stops the parse. */
    parent->visits += node->visits;
    parent->added += is_alias ? node->visits : node->added;
    if (parent->height < node->height + 1) {
        parent->height = node->height + 1;
    }
    if (parent->added > YAML_ALIAS_NODES_MAX) {
        return refuse(b, ERR_TOO_LARGE, problem_of(event),
                      "aliases expand to more than 100000 values");
    }
    if (parent->kind == YAML_SEQ) {
        VEC_PUSH(&b->scratch, &frame->items, node);
        return OK;
    }
    if (frame->key) {
        VEC_PUSH(&b->scratch, &frame->pairs, ((struct yaml_pair){frame->key, node}));
        frame->key = NULL;
        return OK;
    }
    frame->key = node;
    return check_key(b, event, frame, node);
}

static enum status on_alias(struct builder *b, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;
    const struct anchor *anchor = map_get(&b->anchors, str_from(name));
    char what[160];
    if (!anchor) {
        snprintf(what, sizeof(what), "alias \"*%.80s\" refers to nothing above", name);
        return refuse(b, ERR_INVALID, problem_of(event), what);
    }
    if (anchor->is_open) {
        snprintf(what, sizeof(what), "alias \"*%.80s\" would contain itself", name);
        return refuse(b, ERR_INVALID, problem_of(event), what);
    }
    if (b->depth + anchor->node->height > YAML_DEPTH_MAX) {
        return refuse(b, ERR_TOO_LARGE, problem_of(event), "nested deeper than 64 levels");
    }
    return attach(b, event, anchor->node, true);
}

static enum status on_scalar(struct builder *b, const yaml_event_t *event)
{
    const char *tag = (const char *)event->data.scalar.tag;
    struct yaml_node *node;
    struct anchor *anchor;
    enum status status = check_tag(b, event, tag, true);
    if (status == OK) {
        status = add_node(b, event, YAML_SCALAR, &node);
    }
    if (status != OK) {
        return status;
    }
    node->is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    node->text = str_dup(
        b->arena, (struct str){(const char *)event->data.scalar.value, event->data.scalar.length});
    node->tag = tag ? str_dup(b->arena, str_from(tag)) : STR_EMPTY;
    status = add_anchor(b, event, (const char *)event->data.scalar.anchor, node, &anchor);
    return status == OK ? attach(b, event, node, false) : status;
}

static enum status open_collection(struct builder *b, const yaml_event_t *event,
                                   enum yaml_kind kind, const char *tag, const char *anchor_name)
{
    /* libyaml needs quadratic time for deep nesting: nothing is read past the limit. */
    if (b->depth == YAML_DEPTH_MAX) {
        return refuse(b, ERR_TOO_LARGE, problem_of(event), "nested deeper than 64 levels");
    }
    struct yaml_node *node;
    struct frame *frame = ARENA_NEW(&b->scratch, struct frame);
    enum status status = check_tag(b, event, tag, false);
    if (status == OK) {
        status = add_node(b, event, kind, &node);
    }
    if (status == OK) {
        status = add_anchor(b, event, anchor_name, node, &frame->anchor);
    }
    if (status == OK) {
        frame->node = node;
        map_init(&frame->keys, &b->scratch);
        b->frames[b->depth++] = frame;
    }
    return status;
}

static const void *copy_array(struct arena *arena, const void *from, size_t n, size_t size)
{
    void *copy = arena_array(arena, n, size);
    if (n > 0) {
        memcpy(copy, from, n * size);
    }
    return copy;
}

static enum status close_collection(struct builder *b, const yaml_event_t *event)
{
    CHECK(b->depth > 0);
    struct frame *frame = b->frames[--b->depth];
    struct yaml_node *node = frame->node;
    node->end_line = (unsigned)event->end_mark.line + 1;
    node->end_col = (unsigned)event->end_mark.column + 1;
    if (node->kind == YAML_MAP) {
        node->n = frame->pairs.n;
        node->pairs = copy_array(b->arena, frame->pairs.v, node->n, sizeof(*frame->pairs.v));
    } else {
        node->n = frame->items.n;
        node->items = copy_array(b->arena, frame->items.v, node->n, sizeof(*frame->items.v));
    }
    if (frame->anchor) {
        frame->anchor->is_open = false;
    }
    return attach(b, event, node, false);
}

/* --- events ------------------------------------------------------------------------------- */

static enum status on_event(struct builder *b, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (b->root) {
            return refuse(b, ERR_INVALID, problem_of(event), "more than one document in a file");
        }
        return OK;
    case YAML_ALIAS_EVENT:
        return on_alias(b, event);
    case YAML_SCALAR_EVENT:
        return on_scalar(b, event);
    case YAML_SEQUENCE_START_EVENT:
        return open_collection(b, event, YAML_SEQ, (const char *)event->data.sequence_start.tag,
                               (const char *)event->data.sequence_start.anchor);
    case YAML_MAPPING_START_EVENT:
        return open_collection(b, event, YAML_MAP, (const char *)event->data.mapping_start.tag,
                               (const char *)event->data.mapping_start.anchor);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return close_collection(b, event);
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return OK;
    }
    return OK;
}

static enum status read_events(struct builder *b)
{
    for (;;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&b->parser, &event)) {
            return refuse_syntax(b);
        }
        enum status status = on_event(b, &event);
        bool is_end = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
        if (status != OK || is_end) {
            return status;
        }
    }
}

static enum status check_text(struct builder *b)
{
    if (b->text.n > YAML_BYTES_MAX) {
        return refuse(b, ERR_TOO_LARGE, (struct yaml_problem){1, 1, 1}, "larger than 4 MiB");
    }
    for (size_t i = 0; i < b->text.n;) {
        size_t len = str_utf8_len(b->text, i);
        if (len == 0) {
            return refuse(b, ERR_SYNTAX, problem_at_offset(b->text, i), "not UTF-8");
        }
        i += len;
    }
    return OK;
}

static struct str without_bom(struct str text)
{
    return str_starts_with(text, STR("\xef\xbb\xbf")) ? str_slice(text, 3, text.n) : text;
}

enum status yaml_parse_marked(struct arena *arena, struct str name, struct str text,
                              const struct yaml_node **ret, struct yaml_problem *ret_problem,
                              struct err *err)
{
    text = text.n ? without_bom(text) : STR_EMPTY;
    struct builder b = {.arena = arena, .name = name, .text = text, .err = err};
    enum status status = check_text(&b);
    if (status == OK) {
        arena_init(&b.scratch);
        map_init(&b.anchors, &b.scratch);
        CHECK(yaml_parser_initialize(&b.parser));
        yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&b.parser, (const unsigned char *)b.text.p, b.text.n);
        status = read_events(&b);
        yaml_parser_delete(&b.parser);
        arena_release(&b.scratch);
    }
    if (status != OK) {
        *ret_problem = b.problem;
        return status;
    }
    if (!b.root) {
        struct yaml_node *empty = ARENA_NEW(arena, struct yaml_node);
        *empty = (struct yaml_node){.text = STR_EMPTY,
                                    .tag = STR_EMPTY,
                                    .is_plain = true,
                                    .line = 1,
                                    .col = 1,
                                    .end_line = 1,
                                    .end_col = 1,
                                    .visits = 1};
        b.root = empty;
    }
    *ret = b.root;
    return OK;
}

enum status yaml_parse(struct arena *arena, struct str name, struct str text,
                       const struct yaml_node **ret, struct err *err)
{
    struct yaml_problem problem;
    return yaml_parse_marked(arena, name, text, ret, &problem, err);
}

/* --- reading ------------------------------------------------------------------------------ */

static const struct yaml_pair *find_pair(const struct yaml_node *map, struct str key)
{
    if (map && map->kind == YAML_MAP) {
        for (size_t i = 0; i < map->n; i++) {
            if (str_eq(map->pairs[i].key->text, key)) {
                return &map->pairs[i];
            }
        }
    }
    return NULL;
}

const struct yaml_node *yaml_get(const struct yaml_node *map, struct str key)
{
    const struct yaml_pair *pair = find_pair(map, key);
    return pair ? pair->value : NULL;
}

const struct yaml_node *yaml_key(const struct yaml_node *map, struct str key)
{
    const struct yaml_pair *pair = find_pair(map, key);
    return pair ? pair->key : NULL;
}

static bool is_word(const struct yaml_node *node, struct str word)
{
    return node->kind == YAML_SCALAR && node->is_plain && node->tag.n == 0 &&
           str_eq(node->text, word);
}

bool yaml_is_null(const struct yaml_node *node)
{
    return is_word(node, STR("")) || is_word(node, STR("~")) || is_word(node, STR("null"));
}

bool yaml_bool(const struct yaml_node *node, bool *ret)
{
    bool is_true = is_word(node, STR("true"));
    if (!is_true && !is_word(node, STR("false"))) {
        return false;
    }
    *ret = is_true;
    return true;
}

const char *yaml_where(struct arena *arena, struct str name, const struct yaml_node *node)
{
    return str_printf(arena, "%.*s:%u:%u", STR_ARG(name), node->line, node->col).p;
}

struct yaml_problem yaml_problem_at(const struct yaml_node *node)
{
    struct yaml_problem at = {node->line, node->col, 1};
    if (node->kind == YAML_SCALAR && node->end_line == node->line && node->end_col > node->col) {
        at.len = node->end_col - node->col;
    }
    return at;
}
