#pragma once
/* yaml_tree — YAML text as a strict tree of nodes that know where they stood.
 *
 * Built from libyaml's events, so hostile input is refused at once. Everything is text: typing is
 * done by whoever binds the tree (schema-driven), so `no`, `1.10` and `12:30` stay what they are.
 * Stricter than YAML on purpose; refused with the place: duplicate keys, keys that are not scalars,
 * merge keys (`<<`), several documents, tags other than ours (`!env NAME`, `!file PATH`, `!vault`,
 * `!sealed`, on scalars only), anything past the limits below, text that is not UTF-8.
 * Aliases are pointers to the anchored node, whose line and column are those of the anchor; cycles
 * cannot be built, and a walk that follows every child sees at most YAML_NODES_MAX +
 * YAML_ALIAS_NODES_MAX nodes and never recurses deeper than YAML_DEPTH_MAX.
 * Layer: formats. Owner: the arena given to yaml_parse. Any thread; read-only after the parse.
 *
 *     const struct yaml_node *root;
 *     enum status status = yaml_parse(arena, STR("routes.yml"), text, &root, err);
 *     const struct yaml_node *route = yaml_get(root, STR("route"));
 */
#include "base/err.h"

enum {
    YAML_DEPTH_MAX = 64,
    YAML_BYTES_MAX = 4 << 20,
    YAML_NODES_MAX = 200000,       /* written in the text */
    YAML_ALIAS_NODES_MAX = 100000, /* added by aliases, as a walker counts */
};

#define YAML_KINDS(X)                                                                              \
    X(YAML_SCALAR, "scalar")                                                                       \
    X(YAML_MAP, "map")                                                                             \
    X(YAML_SEQ, "list")
ENUM_DECLARE(yaml_kind, YAML_KINDS)

struct yaml_node;

struct yaml_pair {
    const struct yaml_node *key; /* always a scalar */
    const struct yaml_node *value;
};

struct yaml_node {
    enum yaml_kind kind;
    bool is_plain;              /* scalar without quotes or block style */
    struct str text;            /* scalar: the value, NUL-terminated one byte behind; else empty */
    struct str tag;             /* "!env", …; empty if there is none */
    unsigned line, col;         /* 1-based; columns count characters, not bytes */
    unsigned end_line, end_col; /* just behind; of a block collection: start of what follows */
    size_t n;                   /* pairs or items */
    const struct yaml_pair *pairs;        /* YAML_MAP, in the order written */
    const struct yaml_node *const *items; /* YAML_SEQ */
    uint32_t visits;                      /* nodes a walk from here sees, itself included */
    uint32_t added;                       /* of these, seen through aliases */
    uint32_t height;                      /* levels below, 0 for a scalar */
};

/* A place to underline. */
struct yaml_problem {
    unsigned line, col; /* 1-based */
    unsigned len;       /* characters, at least 1 */
};

/* Parses one document. `name` is how errors call the text ("routes/payments.yml"). An empty
 * document gives an empty plain scalar. ERR_SYNTAX, ERR_INVALID or ERR_TOO_LARGE; err.where is
 * "name:line:col". The tree copies what it needs: text may go away afterwards. */
enum status yaml_parse(struct arena *, struct str name, struct str text,
                       const struct yaml_node **ret, struct err *) MUST_CHECK;

/* As yaml_parse, and tells what to underline when it fails (yaml_excerpt). */
enum status yaml_parse_marked(struct arena *, struct str name, struct str text,
                              const struct yaml_node **ret, struct yaml_problem *ret_problem,
                              struct err *) MUST_CHECK;

/* The value of a key; NULL if absent or if the node is not a map (or NULL itself). */
const struct yaml_node *yaml_get(const struct yaml_node *map, struct str key);
/* The key's own node, for messages about the key. */
const struct yaml_node *yaml_key(const struct yaml_node *map, struct str key);

/* Nothing was written, `~` or `null`; plain and untagged. */
bool yaml_is_null(const struct yaml_node *);
/* Plain `true` or `false`, nothing else. False (and *ret untouched) otherwise. */
bool yaml_bool(const struct yaml_node *, bool *ret);

/* "name:line:col", NUL-terminated in the arena: the `where` for err_at. */
const char *yaml_where(struct arena *, struct str name, const struct yaml_node *);
/* What to underline to point at a node: the scalar's text, or the start of a collection. */
struct yaml_problem yaml_problem_at(const struct yaml_node *);

/* The source line with its number and an underline of len characters from col on, two lines
 * without a final newline, so that a hint can follow:
 *        58 |       receiver: payment
 *           |                 ^~~~~~~
 * Long lines are cut around the place; control characters are shown as spaces. Any line and column
 * are safe; a line that does not exist is shown empty. */
struct str yaml_excerpt(struct arena *, struct str text, unsigned line, unsigned col, unsigned len);
