#pragma once
/* template_files — the files of templates that routing files name, and what they become.
 * Layer: app. Any thread. */
#include "app/problems.h"
#include "wire/routes_file.h"

enum { TEMPLATE_FILES_MAX = 100, TEMPLATE_FILE_BYTES_MAX = 1 << 20 };

/* Files of templates, as a routing file names them: relative to its folder. */
struct template_glob {
    struct str file, glob;
};

/* The files that a glob means, in name order, whether they can be read or not; of more than
 * TEMPLATE_FILES_MAX one too many. `routing_file` is
 * the file it stands in, to whose folder it is relative. */
void template_files_list(struct arena *, struct str routing_file, struct str glob, struct str **ret,
                         size_t *ret_n);
/* What a load finds, for those who watch it: which templates are named, and one number for how
 * their files were before they were read. */
struct template_watch {
    const struct template_glob *globs;
    size_t n_globs;
    uint64_t state; /* TEMPLATE_WATCH_NONE without any */
};
#define TEMPLATE_WATCH_NONE UINT64_C(0)
/* One number for names, sizes and times of the files, and h. */
uint64_t files_state(uint64_t h, struct arena *, const struct str *files, size_t n);
/* Reads them. ERR_NOT_FOUND, ERR_TOO_LARGE, …: of the first that cannot be read. */
MUST_CHECK enum status template_files_read(struct arena *, const struct str *files, size_t n,
                                           const struct routes_source **ret, struct err *);
/* Compiles the templates of a parsed configuration, which then uses them. False: there are mistakes
 * in them, which are added to `problems`. */
bool template_files_use(struct arena *, struct routes_result *, struct problems *);
