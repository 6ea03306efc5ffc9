#pragma once
/* routes_load — the routing files from disk: which ones, their text, their problems.
 *
 * A folder stands for its *.yml and *.yaml in name order (hidden files are left out). Secrets are
 * read from files and the environment at load time. Layer: app. Any thread. */
#include "app/problems.h"
#include "app/settings_schema.h"
#include "app/template_files.h"
#include "wire/routes_file.h"

enum { ROUTES_FILES_MAX = 256 };

/* The files that `paths` stand for, whether they can be read or not. */
void routes_list(struct arena *, struct setting_texts paths, struct str **ret, size_t *ret_n);
/* What `!file` paths are relative to: the first folder, or that of the first file. */
struct str routes_folder(struct arena *, struct setting_texts paths);
/* Reads and checks everything that `paths` name. Problems go to `problems`, warnings too. True: no
 * error; *ret is for configuration_swap. False: *ret is released already. */
struct routes_loaded {
    struct str source; /* the text of all files, for the history */
    struct template_watch templates;
};
bool routes_load(struct arena *, struct setting_texts paths, struct problems *,
                 struct routes_result *ret, struct routes_loaded *);
/* The same for tools that send nothing: secrets are not read and need not be there. */
bool routes_load_blind(struct arena *, struct setting_texts paths, struct problems *,
                       struct routes_result *ret);
/* Only the tree (routes_parse_tree): secrets stay unread, an alertmanager.yml is welcome. */
bool routes_load_tree(struct arena *, struct setting_texts paths, struct problems *,
                      struct routes_result *ret);

/* The files of a text that routes_load gave for the history; names and texts are as they were. A
 * comment line "# file ….yml" or "#: template …" within a file looks like the beginning of the
 * next one. */
void routes_split(struct arena *, struct str source, struct routes_source **ret, size_t *ret_n);
/* routes_load of texts instead of files; `folder` is what `!file` paths are relative to. */
bool routes_load_texts(struct arena *, struct str folder, const struct routes_source *, size_t n,
                       struct problems *, struct routes_result *ret);
/* routes_load_blind of a text that routes_load gave for the history; the text must stay. */
bool routes_load_stored(struct arena *, struct str source, struct problems *,
                        struct routes_result *ret);
