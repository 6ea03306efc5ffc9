#pragma once
/* gofmt_inner — what the parts of gofmt share: the flags of one verb and how scalars obey them.
 * Layer: formats. Only for gofmt*.c. */
#include "formats/template/gofmt.h"

enum { GOFMT_NUMBER_MAX = 1000000 }; /* larger widths and precisions are no numbers to Go */

struct gofmt {
    struct strbuf *out;
    bool has_width, has_precision;
    int width, precision;
    bool minus, plus, sharp, space, zero;
    bool plus_v, sharp_v; /* %+v, %#v */
    bool is_erroring;     /* inside "%!d(…)": methods are not called */
};

/* gofmt_scalar.c */
void gofmt_pad(struct gofmt *, struct str text);
void gofmt_bool(struct gofmt *, bool);
/* verb: one of b o O d x X U; the value's bits and whether they are a signed number's. */
void gofmt_integer(struct gofmt *, uint64_t bits, bool is_signed, char verb);
void gofmt_unicode(struct gofmt *, uint64_t rune);
void gofmt_rune(struct gofmt *, uint64_t rune);
void gofmt_quoted_rune(struct gofmt *, uint64_t rune);
void gofmt_string(struct gofmt *, struct str text);
void gofmt_quoted(struct gofmt *, struct str text);
void gofmt_hex(struct gofmt *, struct str text, bool is_upper);

/* gofmt_float.c; verb: one of b e E f F g G x X v. */
void gofmt_float(struct gofmt *, double, char verb);

/* gofmt_value.c */
void gofmt_arg(struct gofmt *, const struct value *, uint32_t verb);
