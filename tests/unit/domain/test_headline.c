#include "domain/headline.h"

#include "domain_test.h"

static struct incident describe(const char *labels, const char *annotations, const char *group)
{
    struct alert alert = {.labels = labels_of(labels), .annotations = labels_of(annotations)};
    struct incident in = {.group_labels = labels_of(group)};
    incident_describe(&in, &alert, &arena);
    return in;
}

static void test_the_summary_is_the_title(void **state)
{
    (void)state;
    assert_str_is(describe("alertname=Down", "summary= Disk full ", "alertname=Down").title,
                  "Disk full");
}

static void test_without_a_summary_the_name_and_the_group_are(void **state)
{
    (void)state;
    assert_str_is(describe("alertname=Down,x=1", "", "alertname=Down,cluster=eu").title,
                  "Down cluster=eu");
}

static void test_an_alert_without_a_name_says_so(void **state)
{
    (void)state;
    assert_str_is(describe("x=1", "", "").title, "alert without a name");
}

static void test_the_service_is_the_first_label_that_names_one(void **state)
{
    (void)state;
    assert_str_is(describe("service=s,app=a,job=j", "", "").service, "s");
    assert_str_is(describe("app=a,job=j", "", "").service, "a");
    assert_str_is(describe("namespace=n", "", "").service, "n");
    assert_str_is(describe("x=1", "", "").service, "");
}

static void test_the_severity_is_none_without_a_label(void **state)
{
    (void)state;
    assert_str_is(describe("severity=page", "", "").severity, "page");
    assert_str_is(describe("x=1", "", "").severity, "none");
}

static void test_a_title_is_one_line_without_control_characters(void **state)
{
    (void)state;
    assert_str_is(describe("a=1", "summary=a\r\nBcc: x\tb\x7f!", "").title, "a  Bcc: x b !");
}

static void test_a_long_title_is_cut_between_characters(void **state)
{
    (void)state;
    struct strbuf text;
    strbuf_init(&text, &arena, 2000);
    strbuf_add(&text, STR("summary=x"));
    for (int i = 0; i < 400; i++) {
        strbuf_add(&text, STR("я"));
    }
    struct str title = describe("a=1", str_c(&arena, strbuf_str(&text)), "").title;
    assert_int_equal(title.n, 299);
    assert_true(str_is_utf8(title));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_the_summary_is_the_title),
        T(test_without_a_summary_the_name_and_the_group_are),
        T(test_an_alert_without_a_name_says_so),
        T(test_the_service_is_the_first_label_that_names_one),
        T(test_the_severity_is_none_without_a_label),
        T(test_a_title_is_one_line_without_control_characters),
        T(test_a_long_title_is_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
