#pragma once
/* unicode — classes and cases of characters, as Go's `unicode`, `strings` and `x/text/cases` have
 * them, without a locale.
 *
 * The tables (unicode_tables.c) are made by unicode_tables.py.
 * Layer: formats. Pure. Any thread. */
#include "base/str.h"

bool unicode_is_letter(uint32_t rune);
bool unicode_is_digit(uint32_t rune); /* decimal */
bool unicode_is_space(uint32_t rune);
/* Letters, marks, numbers, punctuation, symbols and the ASCII space. */
bool unicode_is_print(uint32_t rune);

/* One to one. */
uint32_t unicode_to_upper(uint32_t rune);
uint32_t unicode_to_lower(uint32_t rune);

/* Rune by rune; malformed bytes become U+FFFD unless all is ASCII. */
void unicode_upper(struct strbuf *out, struct str text);
void unicode_lower(struct strbuf *out, struct str text);
/* The first cased letter of each word in title case, the rest of the word lower ("o'neil-SMITH" →
 * "O'neil-Smith", "3rd" → "3Rd"); words as in UAX 29, final sigma included. */
void unicode_title(struct strbuf *out, struct str text);
/* Without white space at both ends. */
struct str unicode_trim(struct str text);
