#include "app/template_zones.h"
#include "channels/builtin_templates.h"
#include "channels/message_templates.h"
#include "channels/template_data.h"
#include "cmocka_all.h"

#include <stdlib.h>
#include <string.h>

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static struct str render(const char *text, enum template_mode mode)
{
    const struct message message = {.kind = NOTICE_RESOLVED,
                                    .receiver = STR("a b"),
                                    .external_url = STR("http://am"),
                                    .state = STR("resolved"),
                                    .opened_at = AT_NONE,
                                    .acked_at = AT_NONE,
                                    .resolved_at = AT_NONE};
    const struct template_view view = {
        .words = message_templates_words(message_templates_builtin(), STR("en")),
        .zone = &gotime_utc,
        .limits = text_limits_open};
    struct value data = template_data_make(&arena, &message, &view);
    struct template_env env = {
        .now = gotime_zero, .local = &gotime_utc, .limits = TEMPLATE_LIMITS_DEFAULT};
    const struct template *template;
    size_t n;
    const struct template_func *funcs = template_data_funcs(&n);
    struct template_set *set = template_set_new(&arena, funcs, n);
    struct template_error error = {0};
    struct strbuf out;
    strbuf_init(&out, &arena, 64 * 1024);
    if (builtin_templates_add(set, &error) != OK ||
        template_compile(set, &arena, str_from(text), mode, &template, &error) != OK ||
        template_render(template, &data, &env, &arena, &out, &error) != OK) {
        fail_msg("%s: %.*s", text, STR_ARG(error.text));
    }
    return strbuf_str(&out);
}

static void test_every_name_of_alertmanagers_is_there(void **state)
{
    (void)state;
    static const char *const names[] = {
        "__alertmanager",
        "__alertmanagerURL",
        "__subject",
        "__description",
        "discord.default.content",
        "discord.default.message",
        "discord.default.title",
        "email.default.html",
        "email.default.subject",
        "jira.default.description",
        "jira.default.priority",
        "jira.default.summary",
        "mattermost.default.color",
        "mattermost.default.fallback",
        "mattermost.default.text",
        "mattermost.default.title",
        "mattermost.default.titlelink",
        "mattermost.default.username",
        "msteams.default.summary",
        "msteams.default.text",
        "msteams.default.title",
        "msteamsv2.default.text",
        "msteamsv2.default.title",
        "opsgenie.default.description",
        "opsgenie.default.message",
        "opsgenie.default.source",
        "pagerduty.default.client",
        "pagerduty.default.clientURL",
        "pagerduty.default.description",
        "pushover.default.message",
        "pushover.default.title",
        "pushover.default.url",
        "rocketchat.default.alias",
        "rocketchat.default.emoji",
        "rocketchat.default.iconurl",
        "rocketchat.default.text",
        "rocketchat.default.title",
        "rocketchat.default.titlelink",
        "slack.default.callbackid",
        "slack.default.color",
        "slack.default.fallback",
        "slack.default.footer",
        "slack.default.iconemoji",
        "slack.default.iconurl",
        "slack.default.pretext",
        "slack.default.text",
        "slack.default.title",
        "slack.default.titlelink",
        "slack.default.username",
        "sns.default.message",
        "sns.default.subject",
        "telegram.default.message",
        "victorops.default.entity_display_name",
        "victorops.default.monitoring_tool",
        "victorops.default.state_message",
        "webex.default.message",
        "wechat.default.agent_id",
        "wechat.default.message",
        "wechat.default.to_party",
        "wechat.default.to_tag",
        "wechat.default.to_user",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        struct str text = str_printf(&arena, "{{ template \"%s\" . }}", names[i]);
        render(text.p, TEMPLATE_TEXT);
        render(text.p, TEMPLATE_HTML);
    }
    render("{{ template \"__text_alert_list\" .Alerts }}"
           "{{ template \"__text_alert_list_markdown\" .Alerts }}"
           "{{ template \"pagerduty.default.instances\" .Alerts }}",
           TEMPLATE_TEXT);
    assert_str_is(render("{{ template \"slack.default.titlelink\" . }}", TEMPLATE_TEXT),
                  "http://am/#/alerts?receiver=a+b");
    assert_str_is(render("{{ template \"__subject\" . }}|", TEMPLATE_TEXT), "[RESOLVED]  |");
}

static void test_zones_come_from_the_machine(void **state)
{
    (void)state;
    struct template_zones zones;
    template_zones_init(&zones, &arena);
    const struct gotime_zone *prague = template_zones_find(&zones, STR("Europe/Prague"));
    struct gotime t = {1772619330, 0, prague};
    struct str name;
    assert_non_null(prague);
    assert_int_equal(gotime_offset(&t, &name), 3600);
    assert_str_is(name, "CET");
    assert_ptr_equal(template_zones_find(&zones, STR("Europe/Prague")), prague);
    assert_null(template_zones_find(&zones, STR("No/Where")));
    assert_null(template_zones_find(&zones, STR("../passwd")));
}

static void test_the_local_zone_is_that_of_the_environment(void **state)
{
    (void)state;
    static const struct {
        const char *tz;
        int32_t offset;
    } cases[] = {{"", 0}, {"UTC", 0}, {"Europe/Prague", 3600}, {":Asia/Tokyo", 9 * 3600}, {"x", 0}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct template_zones zones;
        setenv("TZ", cases[i].tz, 1);
        template_zones_init(&zones, &arena);
        struct gotime t = {1772619330, 0, template_zones_local(&zones)};
        assert_int_equal(gotime_offset(&t, NULL), cases[i].offset);
    }
    unsetenv("TZ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_name_of_alertmanagers_is_there),
        cmocka_unit_test(test_zones_come_from_the_machine),
        cmocka_unit_test(test_the_local_zone_is_that_of_the_environment),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
