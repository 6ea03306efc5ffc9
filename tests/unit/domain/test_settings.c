#include "domain_test.h"

static const struct source sources[] = {{.name = {"a", 1}}, {.name = {"ab", 2}}};
static const struct receiver receivers[] = {{.name = {"r", 1}}};
static const struct action actions[] = {{.name = {"fix", 3}}};
static const struct webhook_settings hooks[] = {{.name = {"ops", 3}}};
static const struct settings settings = {.sources = sources,
                                         .n_sources = 2,
                                         .receivers = receivers,
                                         .n_receivers = 1,
                                         .actions = actions,
                                         .n_actions = 1,
                                         .channels = {.webhooks = hooks, .n_webhooks = 1}};

static void test_things_are_found_by_their_whole_name(void **state)
{
    (void)state;
    assert_ptr_equal(settings_source(&settings, STR("ab")), &sources[1]);
    assert_ptr_equal(settings_receiver(&settings, STR("r")), &receivers[0]);
    assert_ptr_equal(settings_action(&settings, STR("fix")), &actions[0]);
    assert_ptr_equal(settings_webhook(&settings.channels, STR("ops")), &hooks[0]);
}

static void test_what_does_not_exist_is_not_found(void **state)
{
    (void)state;
    assert_null(settings_source(&settings, STR("abc")));
    assert_null(settings_source(&settings, STR_EMPTY));
    assert_null(settings_receiver(&settings, STR("R")));
    assert_null(settings_action(&settings, STR("fi")));
    assert_null(settings_webhook(&settings.channels, STR("op")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_things_are_found_by_their_whole_name),
        T(test_what_does_not_exist_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
