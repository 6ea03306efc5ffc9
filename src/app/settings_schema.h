#pragma once
/* settings_schema — binds a YAML tree to a struct by a table of keys, and describes the table.
 *
 * One row per key says everything: type, where it goes, range, default, what it means. Parsing, the
 * list in `alertify help settings` and the checks come from that row. Every problem is reported,
 * not only the first. Layer: app. */
#include "app/problems.h"
#include "base/secret.h"

enum setting_type {
    SETTING_TEXT,     /* struct str, NUL-terminated; "" if absent */
    SETTING_PATH,     /* struct str: relative to the settings file */
    SETTING_FLAG,     /* bool */
    SETTING_COUNT,    /* size_t */
    SETTING_BYTES,    /* size_t: 64KiB, 16MiB, 1GiB */
    SETTING_DURATION, /* int64_t µs: 5s, 1m30s */
    SETTING_WORD,     /* unsigned: index into `words` */
    SETTING_SECRET,   /* struct secret *: !file or !env */
    SETTING_SECRETS,  /* struct setting_secrets: one, or a list */
    SETTING_PATHS,    /* struct setting_texts: one, or a list; relative to the settings file */
    SETTING_GROUP,    /* embedded struct, bound by `keys` */
    SETTING_LIST,     /* struct setting_list of structs, bound by `keys` */
};

enum { SETTING_SECRETS_MAX = 2 };

struct setting_secrets {
    struct secret *v[SETTING_SECRETS_MAX];
    size_t n;
};
struct setting_texts {
    const struct str *v;
    size_t n;
};
struct setting_list {
    void *v;
    size_t n;
};

struct setting {
    const char *key; /* NULL ends the table */
    enum setting_type type;
    size_t offset;
    const char *help;
    const char *fallback; /* as it would be written; NULL: zero, or nothing */
    bool is_required;
    int64_t min, max;           /* COUNT, BYTES, DURATION (µs), SECRET(S) (bytes); max 0: none */
    const char *const *words;   /* WORD, ended by NULL */
    const struct setting *keys; /* GROUP, LIST */
    size_t item_size;           /* LIST */
    size_t place_offset;        /* LIST: a struct yaml_problem in the item; 0: none */
};

struct settings_reader {
    struct arena *arena; /* owns what is bound, secrets included */
    struct problem_file file;
    struct str folder; /* of the file */
    struct problems *problems;
};

/* Fills the struct at `target` (zeroed) from a map; a missing map means: defaults only. */
void settings_bind(struct settings_reader *, const struct setting *keys,
                   const struct yaml_node *map, void *target);
/* Blanks the lines of `text` on which a secret stands as a literal, so that no excerpt shows it.
 * Before settings_bind. */
void settings_mask_secrets(const struct setting *keys, const struct yaml_node *map, char *text,
                           size_t n);
/* The table as commented YAML. */
void settings_describe(const struct setting *keys, unsigned depth, struct strbuf *out);
