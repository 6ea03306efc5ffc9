#include "formats/ical.h"

#include "base/calendar.h"

#include <stdio.h>

enum { LINE_MAX_OCTETS = 75, TIME_TEXT = 64 };

/* The line being written: how long it is. */
struct line {
    struct strbuf *out;
    size_t n;
};

static void add_piece(struct line *line, struct str piece)
{
    if (line->n + piece.n > LINE_MAX_OCTETS) {
        strbuf_add(line->out, STR("\r\n "));
        line->n = 1;
    }
    strbuf_add(line->out, piece);
    line->n += piece.n;
}

/* Character by character; bytes that are not UTF-8 become "?". */
static void add_text(struct line *line, struct str text, bool is_escaped)
{
    for (size_t i = 0; i < text.n;) {
        size_t n = str_utf8_len(text, i);
        char c = text.p[i];
        if (n == 0) {
            add_piece(line, STR("?"));
        } else if (is_escaped && c == '\n') {
            add_piece(line, STR("\\n"));
        } else if (is_escaped && (c == '\\' || c == ';' || c == ',')) {
            add_piece(line, (struct str){(const char[]){'\\', c}, 2});
        } else if (n > 1 || ((unsigned char)c >= ' ' && c != 0x7f)) {
            add_piece(line, str_slice(text, i, i + n));
        }
        i += n ? n : 1;
    }
}

static void put(struct strbuf *out, struct str name, struct str value, bool is_escaped)
{
    struct line line = {out, 0};
    add_text(&line, name, false);
    add_text(&line, STR(":"), false);
    add_text(&line, value, is_escaped);
    strbuf_add(out, STR("\r\n"));
}

static void put_time(struct strbuf *out, struct str name, int64_t at)
{
    struct calendar_time t = calendar_from_at(at);
    char text[TIME_TEXT];
    int n = snprintf(text, sizeof(text), "%04d%02d%02dT%02d%02d%02dZ", t.date.year, t.date.month,
                     t.date.day, t.hour, t.minute, t.second);
    put(out, name, (struct str){text, (size_t)n}, false);
}

void ical_begin(struct strbuf *out, struct str name)
{
    put(out, STR("BEGIN"), STR("VCALENDAR"), false);
    put(out, STR("VERSION"), STR("2.0"), false);
    put(out, STR("PRODID"), STR("-//alertify//on call//EN"), false);
    put(out, STR("CALSCALE"), STR("GREGORIAN"), false);
    put(out, STR("METHOD"), STR("PUBLISH"), false);
    put(out, STR("X-WR-CALNAME"), name, true);
}

void ical_event(struct strbuf *out, const struct ical_event *event)
{
    char sequence[TIME_TEXT];
    int n = snprintf(sequence, sizeof(sequence), "%lld", (long long)event->sequence);
    put(out, STR("BEGIN"), STR("VEVENT"), false);
    put(out, STR("UID"), event->uid, true);
    put_time(out, STR("DTSTAMP"), event->stamp_at);
    put(out, STR("SEQUENCE"), (struct str){sequence, (size_t)n}, false);
    put_time(out, STR("DTSTART"), event->start_at);
    put_time(out, STR("DTEND"), event->end_at);
    put(out, STR("SUMMARY"), event->summary, true);
    if (event->description.n > 0) {
        put(out, STR("DESCRIPTION"), event->description, true);
    }
    put(out, STR("END"), STR("VEVENT"), false);
}

void ical_end(struct strbuf *out)
{
    put(out, STR("END"), STR("VCALENDAR"), false);
}
