#pragma once
/* value — what expressions of a template yield: a Go value, as far as a template can tell.
 *
 * Every value has a type, because Go's templates show it: in error texts, in %T, in which methods
 * and fields there are, in what may be compared. Built-in types are in types.h; whoever brings the
 * data brings types for it, with the names that people know ("template.KV").
 * Values are small and copied; what they point to lives in an arena and never changes.
 * Layer: formats. Any thread.
 *
 *     struct value name = value_str(STR("web"));
 *     struct value names = value_list(&type_strings, &name, 1);
 */
#include "base/enum_names.h"

/* The kinds of Go's reflection that can occur. */
#define VALUE_KINDS(X)                                                                             \
    X(VALUE_NOTHING,                                                                               \
      "invalid")              /* no value at all: a template called without data, a literal nil */ \
    X(VALUE_ANY, "interface") /* nil in a place for any type: a key that a map has not */          \
    X(VALUE_BOOL, "bool")                                                                          \
    X(VALUE_INT, "int")                                                                            \
    X(VALUE_UINT, "uint")                                                                          \
    X(VALUE_FLOAT, "float64")                                                                      \
    X(VALUE_COMPLEX, "complex128")                                                                 \
    X(VALUE_STRING, "string")                                                                      \
    X(VALUE_LIST, "slice")                                                                         \
    X(VALUE_MAP, "map") /* keys are strings */                                                     \
    X(VALUE_STRUCT, "struct")                                                                      \
    X(VALUE_TIME, "time") /* a struct to Go */                                                     \
    X(VALUE_ZONE, "zone") /* a pointer to Go */
ENUM_DECLARE(value_kind, VALUE_KINDS)

struct value;
struct template_func;

struct value_field {
    struct str name;
    const char *json;              /* its key in toJson; NULL: left out */
    const struct value_type *type; /* for the type's name only */
    bool is_hidden;                /* reachable by name, but not printed with the whole */
};

struct value_type {
    const char *name; /* as Go prints it */
    enum value_kind kind;
    const struct value_type *elem;  /* LIST, MAP */
    const struct value_type *under; /* named LIST or MAP: the type literal it is made of */
    const struct value_field *fields;
    size_t n_fields;
    const struct template_func *methods;
    size_t n_methods;
    /* How it prints (Go: fmt.Stringer), NULL: by its parts. */
    void (*add_text)(struct strbuf *, const struct value *);
    /* How %#v prints it (Go: fmt.GoStringer), NULL: by its parts. */
    void (*add_source)(struct strbuf *, const struct value *);
};

struct value_entry;
struct gotime;
struct gotime_zone;

struct value {
    const struct value_type *type; /* NULL: VALUE_NOTHING */
    union {
        bool b;
        int64_t i;
        uint64_t u;
        double f;
        double complex_parts[2];
        struct str s;
        struct {
            const struct value *v; /* NULL: a nil slice */
            uint32_t n;
            uint32_t cap; /* values there are at v; a slice may reach up to here, as in Go */
        } list;
        struct {
            const struct value_entry *v; /* by key; NULL: a nil map */
            size_t n;
        } map;
        const struct value *fields; /* STRUCT: as many as the type has */
        const struct gotime *time;
        const struct gotime_zone *zone;
    };
};

struct value_entry {
    struct str key;
    struct value value;
};

#define VALUE_NONE ((struct value){0})

enum value_kind value_kind(const struct value *);
/* "<nil>" for nothing. */
const char *value_type_name(const struct value *);

struct value value_bool(bool);
struct value value_int(int64_t);
struct value value_float(double);
struct value value_str(struct str);
/* The array is borrowed. An empty list is not nil. Aborts for more than UINT32_MAX values. */
struct value value_list(const struct value_type *, const struct value *v, size_t n);
/* Sorts the entries in place and keeps the last of equal keys; borrows them. The arena is for
 * sorting. */
struct value value_map(struct arena *, const struct value_type *, struct value_entry *v, size_t n);
struct value value_struct(const struct value_type *, const struct value *fields);

/* Go's "zero value". */
struct value value_zero(const struct value_type *);
/* NULL if there is none. */
const struct value *value_map_get(const struct value *map, struct str key);

/* What `if` takes for true. */
bool value_truth(const struct value *);
/* nil, or nothing. */
bool value_is_nil(const struct value *);
/* May a value of type `from` be used where `to` is asked for without a conversion? */
bool value_type_fits(const struct value_type *from, const struct value_type *to);
