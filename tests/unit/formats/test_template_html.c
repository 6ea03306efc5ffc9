/* What becomes of values in HTML, by where they stand. */
#include "template_test.h"

static void test_text_and_attributes(void **state)
{
    (void)state;
    static const struct render_case cases[] = {
        {"<p>{{ .Name }}</p>", "<p>O&#39;Reilly &amp; &lt;Söhne&gt;</p>"},
        {"<p title=\"{{ .Name }}\">", "<p title=\"O&#39;Reilly &amp; &lt;Söhne&gt;\">"},
        {"<p title='{{ .Name }}'>", "<p title='O&#39;Reilly &amp; &lt;Söhne&gt;'>"},
        {"<p title={{ .Name }}>", "<p title=O&#39;Reilly&#32;&amp;&#32;&lt;Söhne&gt;>"},
        {"<p title={{ \"a=b`c\\td\" }}>", "<p title=a&#61;b&#96;c&#9;d>"},
        {"{{ \"a+b\\x00\" }}", "a&#43;b\xef\xbf\xbd"},
        {"<p title={{ \"\" }}>", "<p title=ZgotmplZ>"},
        {"{{ .Count }}{{ .Yes }}{{ .Words }}{{ .When.Year }}", "42true[one two &lt;three&gt;]2026"},
        {"{{ .Any.x }}|{{ print nil }}", "|&lt;nil&gt;"},
        {"<textarea>{{ .Name }}</textarea><title>{{ .Name }}</title>",
         "<textarea>O&#39;Reilly &amp; &lt;Söhne&gt;</textarea><title>O&#39;Reilly &amp; "
         "&lt;Söhne&gt;</title>"},
        {"<a b=\"x{{ .Count }}y\" c=z{{ .Count }}>", "<a b=\"x42y\" c=z42>"},
    };
    CHECK_RENDERS(cases, TEMPLATE_HTML);
}

static void test_what_a_template_vouches_for(void **state)
{
    (void)state;
    static const struct render_case cases[] = {
        {"{{ safeHtml \"<b>x</b>&amp;\" }}", "<b>x</b>&amp;"},
        {"{{ \"<b>\" | safeHtml }}{{ \"<b>\" }}", "<b>&lt;b&gt;"},
        {"<p title=\"{{ safeHtml \"<b>a</b> \\\"&amp;\" }}\">", "<p title=\"a &#34;&amp;\">"},
        {"<textarea>{{ safeHtml \"<b>x&amp;\" }}</textarea>",
         "<textarea>&lt;b&gt;x&amp;</textarea>"},
        {"<a href=\"{{ safeUrl \"javascript:x()\" }}\">", "<a href=\"javascript:x%28%29\">"},
        {"<a href=\"{{ \"javascript:x()\" }}\">", "<a href=\"#ZgotmplZ\">"},
        {"{{ html .Name }}{{ .Name | html }}", "O&#39;Reilly &amp; &lt;Söhne&gt;O&#39;Reilly &amp; "
                                               "&lt;Söhne&gt;"},
        {"{{ print (safeHtml \"<b>\") }}", "&lt;b&gt;"},
    };
    CHECK_RENDERS(cases, TEMPLATE_HTML);
}

static void test_urls(void **state)
{
    (void)state;
    static const struct render_case cases[] = {
        {"<a href=\"{{ \"http://x/a b?c=d&e=é\" }}\">",
         "<a href=\"http://x/a%20b?c=d&amp;e=%c3%a9\">"},
        {"<a href=\"{{ \"mailto:a@b\" }}\">", "<a href=\"mailto:a@b\">"},
        {"<a href=\"{{ \"HTTPS://x\" }}\">", "<a href=\"HTTPS://x\">"},
        {"<a href=\"{{ \"/a:b\" }}\">", "<a href=\"/a:b\">"},
        {"<a href=\"{{ \"data:x\" }}\"><img src=\"{{ \"vbscript:x\" }}\">",
         "<a href=\"#ZgotmplZ\"><img src=\"#ZgotmplZ\">"},
        {"<a href=\"http://x/{{ \"a b/c?d&e\" }}\">", "<a href=\"http://x/a%20b/c?d&amp;e\">"},
        {"<a href=\"http://x/?q={{ \"a b/c?d&e\" }}\">",
         "<a href=\"http://x/?q=a%20b%2fc%3fd%26e\">"},
        {"<a href=\"http://x/#{{ \"a b/c\" }}\">", "<a href=\"http://x/#a%20b%2fc\">"},
        {"<a href={{ \"/a b\" }}>", "<a href=/a%20b>"},
        {"<a href='{{ \"/it's\" }}'>", "<a href='/it%27s'>"},
        {"<a href=\"{{ \"/x\" }}{{ \"?a=\" }}{{ \"b c\" }}\">", "<a href=\"/x?a=b%20c\">"},
        {"<img srcset=\"{{ \"/a.png 1x, javascript:x 2x\" }}\">",
         "<img srcset=\"/a.png 1x,#ZgotmplZ\">"},
        {"<form action=\"{{ \"javascript:x\" }}\"><p data-href=\"{{ \"javascript:x\" }}\">",
         "<form action=\"#ZgotmplZ\"><p data-href=\"#ZgotmplZ\">"},
        {"<a xlink:href=\"{{ \"javascript:x\" }}\">", "<a xlink:href=\"#ZgotmplZ\">"},
    };
    CHECK_RENDERS(cases, TEMPLATE_HTML);
}

static void test_styles(void **state)
{
    (void)state;
    static const struct render_case cases[] = {
        {"<p style=\"color: {{ \"red\" }}; width: {{ .Count }}px\">",
         "<p style=\"color: red; width: 42px\">"},
        {"<p style=\"color: {{ \"expression(x)\" }}\">", "<p style=\"color: ZgotmplZ\">"},
        {"<style>p { color: {{ \"#ff0000\" }} }</style>", "<style>p { color: #ff0000 }</style>"},
        {"<style>p { color: {{ \"</style>\" }} }</style>", "<style>p { color: ZgotmplZ }</style>"},
        {"<p style=\"background: url({{ \"javascript:x\" }})\">",
         "<p style=\"background: url(#ZgotmplZ)\">"},
        {"<p style=\"font: '{{ \"a'b<c\" }}'\">", "<p style=\"font: 'a\\27 b\\3c c'\">"},
        {"<style>/* {{ .Name }} */ p { }</style>", "<style>   p { }</style>"},
    };
    CHECK_RENDERS(cases, TEMPLATE_HTML);
}

static void test_comments_are_left_out(void **state)
{
    (void)state;
    static const struct render_case cases[] = {
        {"a<!-- b -->c", "ac"},
        {"a<!-- {{ .Name }} -->c", "ac"},
    };
    CHECK_RENDERS(cases, TEMPLATE_HTML);
    static const struct render_case failures[] = {
        {"<!-- a", "html/template: ends in a non-text context: {stateHTMLCmt delimNone urlPartNone "
                   "jsCtxRegexp [] attrNone elementNone <nil>}"},
    };
    CHECK_FAILS(failures, TEMPLATE_HTML);
}

static void test_contexts_are_followed_through_branches_and_calls(void **state)
{
    (void)state;
    static const struct render_case cases[] = {
        {"<a href=\"{{ if .Yes }}/a{{ else }}/b{{ end }}?c={{ .Name }}\">",
         "<a href=\"/a?c=O%27Reilly%20%26%20%3cS%c3%b6hne%3e\">"},
        {"{{ define \"t\" }}{{ . }}{{ end }}{{ template \"t\" .Name }}<a href=\"/?q={{ template "
         "\"t\" .Name }}\" title={{ template \"t\" .Name }}>",
         "O&#39;Reilly &amp; &lt;Söhne&gt;<a href=\"/?q=O%27Reilly%20%26%20%3cS%c3%b6hne%3e\" "
         "title=O&#39;Reilly&#32;&amp;&#32;&lt;Söhne&gt;>"},
        {"{{ define \"open\" }}<a title=\"{{ end }}{{ template \"open\" }}{{ \"'\" }}\">",
         "<a title=\"&#39;\">"},
        {"<ul>{{ range .Words }}<li>{{ . }}</li>{{ end }}</ul>",
         "<ul><li>one</li><li>two</li><li>&lt;three&gt;</li></ul>"},
        {"<p {{ range .Words }}a=\"{{ . }}\" {{ end }}>",
         "<p a=\"one\" a=\"two\" a=\"&lt;three&gt;\" >"},
        {"{{ range .Words }}{{ if eq . \"two\" }}{{ break }}{{ end }}<b>{{ . }}</b>{{ end }}",
         "<b>one</b>"},
        {"{{ define \"r\" }}{{ if . }}<b>{{ template \"r\" (slice . 1) }}</b>{{ end }}{{ end }}"
         "{{ template \"r\" \"ab\" }}",
         "<b><b></b></b>"},
    };
    CHECK_RENDERS(cases, TEMPLATE_HTML);
    static const struct render_case failures[] = {
        {"<a {{ if .Yes }}title=\"{{ end }}x\">",
         "html/template::1:9: {{if}} branches end in different contexts: {stateAttr "
         "delimDoubleQuote urlPartNone jsCtxRegexp [] attrNone elementNone <nil>}, {stateTag "
         "delimNone urlPartNone jsCtxRegexp [] attrNone elementNone <nil>}"},
        {"{{ range .Words }}<a title=\"{{ end }}",
         "html/template::1:9: on range loop re-entry: {{range}} branches end in different "
         "contexts: "
         "{stateAttr delimDoubleQuote urlPartNone jsCtxRegexp [] attrNone elementNone <nil>}, "
         "{stateTag "
         "delimNone urlPartNone jsCtxRegexp [] attrNone elementNone <nil>}"},
        {"<a href=\"{{ if .Yes }}/?{{ end }}{{ .Name }}\">",
         "html/template::1:36: {{.Name}} appears in an ambiguous context within a URL"},
        {"{{ template \"none\" }}", "html/template::1:12: no such template \"none\""},
        {"<a =x>", "html/template: expected space, attr name, or end of tag, but got \"=x>\""},
        {"<a b=c\"d>", "html/template: \"\\\"\" in unquoted attr: \"c\\\"d\""},
        {"<a href='{{ .Name }}",
         "html/template: ends in a non-text context: {stateURL delimSingleQuote urlPartNone "
         "jsCtxRegexp [] attrURL elementNone <nil>}"},
        {"<p title={{ .Name | html }}>",
         "html/template::1:12: predefined escaper \"html\" disallowed "
         "in template"},
        {"{{ .Name | urlquery | print }}",
         "html/template::1:3: predefined escaper \"urlquery\" disallowed in template"},
    };
    CHECK_FAILS(failures, TEMPLATE_HTML);
}

static void test_scripts_are_no_place_for_values(void **state)
{
    (void)state;
    static const struct render_case cases[] = {
        {"<script>var a = \"</b>\";</script>{{ .Count }}", "<script>var a = \"</b>\";</script>42"},
        {"<script type=\"text/plain\">{{ .Name }}</script>",
         "<script type=\"text/plain\">O&#39;Reilly &amp; &lt;Söhne&gt;</script>"},
        {"<a onclick=\"x()\" title=\"{{ .Name }}\">",
         "<a onclick=\"x()\" title=\"O&#39;Reilly &amp; &lt;Söhne&gt;\">"},
    };
    CHECK_RENDERS(cases, TEMPLATE_HTML);
    static const struct render_case failures[] = {
        {"<script>{{ .Name }}</script>",
         "html/template::1:11: {{.Name}} appears in a script, where "
         "nothing can be inserted"},
        {"<script type=\"\">{{ .Name }}</script>", "html/template::1:19: {{.Name}} appears in a "
                                                   "script, where nothing can be inserted"},
        {"<a onclick=\"{{ .Name }}\">", "html/template::1:15: {{.Name}} appears in a script, where "
                                        "nothing can be inserted"},
    };
    CHECK_FAILS(failures, TEMPLATE_HTML);
}

static void test_tags_and_names_made_of_values(void **state)
{
    (void)state;
    static const struct render_case cases[] = {
        {"<p {{ \"title\" }}=\"x\">", "<p title=\"x\">"},
        {"<p {{ \"onclick\" }}=\"x\">", "<p ZgotmplZ=\"x\">"},
        {"<p {{ \"a b\" }}>", "<p ZgotmplZ>"},
        {"< {{ .Count }}", "&lt; 42"},
        {"<{{ .Name }}", "&lt;O&#39;Reilly &amp; &lt;Söhne&gt;"},
        {"a < b > c", "a &lt; b > c"},
        {"<!DOCTYPE html><p>", "<!DOCTYPE html><p>"},
    };
    CHECK_RENDERS(cases, TEMPLATE_HTML);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_and_attributes),
        cmocka_unit_test(test_what_a_template_vouches_for),
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_styles),
        cmocka_unit_test(test_comments_are_left_out),
        cmocka_unit_test(test_contexts_are_followed_through_branches_and_calls),
        cmocka_unit_test(test_scripts_are_no_place_for_values),
        cmocka_unit_test(test_tags_and_names_made_of_values),
    };
    return RUN_TEMPLATE_TESTS(tests);
}
