#include "channels/mime.h"

#include "base/calendar.h"
#include "channels/clean.h"
#include "formats/base64.h"

#include <ctype.h>
#include <string.h>

enum {
    LINE_MAX_CHARS = 76,     /* below 78; also the limit for lines with encoded words */
    WORD_MAX_CHARS = 75,     /* one encoded word */
    WORD_FRAME_CHARS = 12,   /* =?UTF-8?B? and ?= */
    ASCII_WORD_MAX = 60,     /* longer words cannot be folded: they are encoded */
    HEADER_TEXT_UNITS = 400, /* longest subject or name */
    MAIL_MAX_BYTES = 512 * 1024,
};

static bool is_atext(char c)
{
    return isalnum((unsigned char)c) || (c != '\0' && strchr("!#$%&'*+/=?^_`{|}~-", c));
}

bool mime_is_domain(struct str s)
{
    if (s.n == 0 || s.n > 253) {
        return false;
    }
    for (struct str rest = s; rest.p;) {
        struct str label = str_cut(&rest, '.');
        if (label.n == 0 || label.n > 63 || label.p[0] == '-' || label.p[label.n - 1] == '-') {
            return false;
        }
        for (size_t i = 0; i < label.n; i++) {
            if (!isalnum((unsigned char)label.p[i]) && label.p[i] != '-') {
                return false;
            }
        }
    }
    return true;
}

bool mime_is_address(struct str s)
{
    struct str domain = s;
    struct str local = str_cut(&domain, '@');
    if (local.n == 0 || local.n > 64 || local.p[0] == '-' || !domain.p || !mime_is_domain(domain)) {
        return false;
    }
    for (struct str rest = local; rest.p;) {
        struct str atom = str_cut(&rest, '.');
        if (atom.n == 0) {
            return false;
        }
        for (size_t i = 0; i < atom.n; i++) {
            if (!is_atext(atom.p[i])) {
                return false;
            }
        }
    }
    return true;
}

struct str mime_id(struct arena *a, struct str s)
{
    char *p = arena_dup(a, s.p, s.n);
    for (size_t i = 0; i < s.n; i++) {
        if (!isalnum((unsigned char)p[i]) && (p[i] != '.' || i == 0 || p[i - 1] == '.')) {
            p[i] = '-';
        }
    }
    return (struct str){p, s.n};
}

static bool is_plain_ascii(struct str s)
{
    size_t word = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < 0x20 || s.p[i] >= 0x7f) {
            return false;
        }
        word = s.p[i] == ' ' ? 0 : word + 1;
        if (word > ASCII_WORD_MAX) {
            return false;
        }
    }
    return !str_contains(s, STR("=?"));
}

static void add_encoded_words(struct strbuf *b, struct str s, size_t column)
{
    while (s.n > 0) {
        size_t room = LINE_MAX_CHARS - column;
        room = (room < WORD_MAX_CHARS ? room : WORD_MAX_CHARS) - WORD_FRAME_CHARS;
        struct str part = str_clip_utf8(s, room / 4 * 3);
        strbuf_printf(b, "=?UTF-8?B?%.*s?=", STR_ARG(base64_encode(b->arena, part)));
        s = str_slice(s, part.n, s.n);
        if (s.n > 0) {
            strbuf_add(b, STR("\r\n "));
            column = 1;
        }
    }
}

/* Words at spaces; a line break stands before a space, never instead of it. */
static void add_folded(struct strbuf *b, struct str s, size_t column)
{
    for (struct str rest = s; rest.p;) {
        struct str word = str_cut(&rest, ' ');
        if (column > 1 && column + 1 + word.n > LINE_MAX_CHARS) {
            strbuf_add(b, STR("\r\n"));
            column = 0;
        }
        if (word.p != s.p) {
            strbuf_add_char(b, ' ');
        }
        strbuf_add(b, word);
        column += 1 + word.n;
    }
}

static void add_header_text(struct strbuf *b, const char *name, struct str text)
{
    struct str value = clean_line(b->arena, text, HEADER_TEXT_UNITS);
    strbuf_printf(b, "%s: ", name);
    size_t column = strlen(name) + 2;
    if (is_plain_ascii(value)) {
        add_folded(b, value, column);
    } else {
        add_encoded_words(b, value, column);
    }
    strbuf_add(b, STR("\r\n"));
}

static void add_from(struct strbuf *b, struct str name, struct str address)
{
    struct str shown = clean_line(b->arena, name, HEADER_TEXT_UNITS / 4);
    strbuf_add(b, STR("From: "));
    if (shown.n > 0 && is_plain_ascii(shown)) {
        strbuf_add_char(b, '"');
        for (size_t i = 0; i < shown.n; i++) {
            if (shown.p[i] == '"' || shown.p[i] == '\\') {
                strbuf_add_char(b, '\\');
            }
            strbuf_add_char(b, shown.p[i]);
        }
        strbuf_add(b, STR("\"\r\n "));
    } else if (shown.n > 0) {
        add_encoded_words(b, shown, sizeof("From: "));
        strbuf_add(b, STR("\r\n "));
    }
    strbuf_printf(b, "<%.*s>\r\n", STR_ARG(address));
}

static void add_date(struct strbuf *b, int64_t at)
{
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct calendar_time t = calendar_from_at(at);
    strbuf_printf(b, "Date: %s, %02d %s %04d %02d:%02d:%02d +0000\r\n", days[t.weekday], t.date.day,
                  months[t.date.month - 1], t.date.year, t.hour, t.minute, t.second);
}

/* Spaces at a line's end would be lost on the way, a dot at its start is SMTP's own. */
static bool is_literal(struct str line, size_t i, size_t column)
{
    char c = line.p[i];
    if (c == ' ') {
        return i + 1 < line.n;
    }
    return c > 0x20 && c < 0x7f && c != '=' && !(c == '.' && column == 0);
}

static void add_quoted_line(struct strbuf *b, struct str line)
{
    size_t column = 0;
    for (size_t i = 0; i < line.n; i++) {
        bool literal = is_literal(line, i, column);
        if (column + (literal ? 1 : 3) > LINE_MAX_CHARS - 1) {
            strbuf_add(b, STR("=\r\n"));
            column = 0;
            literal = is_literal(line, i, column);
        }
        if (literal) {
            strbuf_add_char(b, line.p[i]);
        } else {
            strbuf_printf(b, "=%02X", (unsigned char)line.p[i]);
        }
        column += literal ? 1 : 3;
    }
    strbuf_add(b, STR("\r\n"));
}

static void add_body(struct strbuf *b, const char *type, struct str body)
{
    strbuf_printf(b,
                  "Content-Type: %s; charset=UTF-8\r\n"
                  "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
                  type);
    for (struct str rest = body; rest.p;) {
        struct str line = str_cut(&rest, '\n');
        if (line.n > 0 && line.p[line.n - 1] == '\r') {
            line.n--;
        }
        add_quoted_line(b, line);
    }
}

static void add_headers(struct strbuf *b, const struct mime_mail *mail)
{
    add_date(b, mail->date_at);
    add_from(b, mail->from_name, mail->from_address);
    strbuf_printf(b, "To: <%.*s>\r\n", STR_ARG(mail->to));
    add_header_text(b, "Subject", mail->subject);
    strbuf_printf(b, "Message-ID: <%.*s>\r\n", STR_ARG(mail->message_id));
    if (mail->root_id.n > 0) {
        strbuf_printf(b, "In-Reply-To: <%.*s>\r\nReferences: <%.*s>\r\n", STR_ARG(mail->root_id),
                      STR_ARG(mail->root_id));
    }
    strbuf_add(b, STR("Auto-Submitted: auto-generated\r\n"
                      "X-Auto-Response-Suppress: All\r\n"
                      "MIME-Version: 1.0\r\n"));
}

struct str mime_write(struct arena *a, const struct mime_mail *mail)
{
    CHECK(mime_is_address(mail->from_address) && mime_is_address(mail->to));
    struct strbuf b;
    strbuf_init(&b, a, MAIL_MAX_BYTES);
    add_headers(&b, mail);
    if (mail->html.n == 0) {
        add_body(&b, "text/plain", mail->text);
        return strbuf_str(&b);
    }
    /* "=_" cannot appear in quoted-printable, so no body can contain the boundary. */
    struct str boundary = str_printf(a, "=_%.*s", STR_ARG(mail->boundary));
    CHECK(boundary.n <= 70);
    strbuf_printf(&b,
                  "Content-Type: multipart/alternative;\r\n boundary=\"%.*s\"\r\n\r\n--%.*s\r\n",
                  STR_ARG(boundary), STR_ARG(boundary));
    add_body(&b, "text/plain", mail->text);
    strbuf_printf(&b, "--%.*s\r\n", STR_ARG(boundary));
    add_body(&b, "text/html", mail->html);
    strbuf_printf(&b, "--%.*s--\r\n", STR_ARG(boundary));
    CHECK(!b.is_full);
    return strbuf_str(&b);
}
