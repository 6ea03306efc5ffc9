#include "app/cli/template_sample.h"

#include "formats/template/gotime_format.h"

static struct str shown(struct arena *arena, struct gotime t)
{
    struct strbuf out;
    strbuf_init(&out, arena, 64);
    gotime_format(&out, &t, STR("2006-01-02T15:04:05.999999999Z07:00"));
    return strbuf_str(&out);
}

struct str template_sample(struct arena *arena, struct gotime now)
{
    static const char labels[] =
        "\"commonlabelkey1\": \"commonlabelvalue1\", \"commonlabelkey2\": \"commonlabelvalue2\"";
    static const char annotations[] = "\"commonannotationkey1\": \"commonannotationvalue1\", "
                                      "\"commonannotationkey2\": \"commonannotationvalue2\"";
    struct str five_ago = shown(arena, gotime_add(now, -300 * GOTIME_NS_PER_S));
    struct str ten_ago = shown(arena, gotime_add(now, -600 * GOTIME_NS_PER_S));
    struct str ends = shown(arena, now);
    return str_printf(
        arena,
        "{\"receiver\": \"receiver\", \"status\": \"alertstatus\", \"alerts\": ["
        "{\"status\": \"firing\", \"startsAt\": \"%.*s\", \"endsAt\": \"%.*s\","
        " \"labels\": {\"label1\": \"value1\", \"label2\": \"value2\","
        " \"instance\": \"foo.bar:1234\", %s},"
        " \"annotations\": {\"annotation1\": \"value1\", \"annotation2\": \"value2\", %s},"
        " \"generatorURL\": \"https://generatorurl.com\", \"fingerprint\": \"fingerprint1\"},"
        "{\"status\": \"resolved\", \"startsAt\": \"%.*s\", \"endsAt\": \"%.*s\","
        " \"labels\": {\"foo\": \"bar\", \"baz\": \"qux\", %s},"
        " \"annotations\": {\"aaa\": \"bbb\", \"ccc\": \"ddd\", %s},"
        " \"generatorURL\": \"https://generatorurl.com\", \"fingerprint\": \"fingerprint2\"}],"
        " \"groupLabels\": {\"grouplabelkey1\": \"grouplabelvalue1\","
        " \"grouplabelkey2\": \"grouplabelvalue2\"},"
        " \"commonLabels\": {%s}, \"commonAnnotations\": {%s},"
        " \"externalURL\": \"https://example.com\"}",
        STR_ARG(five_ago), STR_ARG(ends), labels, annotations, STR_ARG(ten_ago), STR_ARG(ends),
        labels, annotations, labels, annotations);
}
