/* Process settings: defaults, places of problems, secrets, listeners. */
#include "app/secret_source.h"
#include "app/settings_file.h"
#include "base/log.h"
#include "base/time_units.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct process_settings settings;
    struct problems problems;
    char folder[64];
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    arena_init(&f->settings.arena);
    problems_init(&f->problems, &f->settings.arena);
    strncpy(f->folder, "/tmp/alertify-settings-XXXXXX", sizeof(f->folder) - 1);
    assert_non_null(mkdtemp(f->folder));
    *state = f;
    return 0;
}

static char *file_path(struct fixture *f, const char *name)
{
    struct strbuf path;
    strbuf_init(&path, &f->settings.arena, 256);
    strbuf_printf(&path, "%s/%s", f->folder, name);
    return path.p;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    unlink(file_path(f, "key"));
    rmdir(f->folder);
    process_settings_free(&f->settings);
    free(f);
    return 0;
}

static void write_key(struct fixture *f, const char *text, mode_t mode)
{
    FILE *file = fopen(file_path(f, "key"), "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    fclose(file);
    assert_int_equal(chmod(file_path(f, "key"), mode), 0);
}

static bool read_text(struct fixture *f, const char *text)
{
    return settings_text_read(STR("a.yml"), str_from(f->folder), str_from(text), &f->settings,
                              &f->problems);
}

static bool says(struct fixture *f, const char *part)
{
    bool is_said = str_contains(strbuf_str(&f->problems.text), str_from(part));
    if (!is_said) {
        print_message("missing \"%s\" in:\n%s\n", part, f->problems.text.p);
    }
    return is_said;
}

#define KEY "0123456789abcdef0123456789abcdef\n"
#define HEAD                                                                                       \
    "database: { conninfo: 'dbname=x' }\n"                                                         \
    "routes: routes\n"                                                                             \
    "secret_key: !file key\n"

static void test_a_minimal_file_gets_the_documented_defaults(void **state)
{
    struct fixture *f = *state;
    write_key(f, KEY, 0600);
    assert_true(read_text(f, HEAD "listen: { address: 127.0.0.1:8080 }\n"));
    const struct process_settings *s = &f->settings;
    assert_int_equal(f->problems.n_warnings, 0);
    assert_string_equal(s->database.conninfo.p, "dbname=x");
    assert_null(s->database.password);
    assert_int_equal(s->routes.n, 1);
    assert_true(str_starts_with(s->routes.v[0], str_from(f->folder)));
    assert_int_equal(s->secret_key.n, 1);
    assert_int_equal(secret_len(s->secret_key.v[0]), 32);
    assert_int_equal(s->limits.body_max, 16 << 20);
    assert_int_equal(s->limits.header_us, 5 * US_PER_S);
    assert_int_equal(s->log.level, LOG_INFO);
    assert_int_equal(s->drain_us, 10 * US_PER_S);
    assert_true(s->actions.is_enabled);
    assert_false(s->actions.is_own_allowed);
    assert_true(s->replica_name.n > 0);
    assert_true(is_loopback_only(s));
}

static void test_everything_can_be_set(void **state)
{
    struct fixture *f = *state;
    write_key(f, KEY, 0600);
    setenv("TEST_SETTINGS_PASSWORD", "hunter2", 1);
    assert_true(read_text(
        f,
        "database: { conninfo: 'dbname=x', password: !env TEST_SETTINGS_PASSWORD }\n"
        "routes: [a.yml, /b]\n"
        "secret_key: [!file key, !file key]\n"
        "listen:\n"
        "  - address: '[::1]:80'\n"
        "  - address: 0.0.0.0:8443\n"
        "    tls: { certificate: c.pem, key: /k.pem, client_ca: ca.pem, client_required: true }\n"
        "external_url: https://alerts.example.org/\n"
        "replica_name: one\n"
        "limits: { body_max: 1MiB, idle_timeout: 1m30s, max_connections: 10 }\n"
        "log: { level: debug, format: json }\n"
        "actions: { allow_own: true, max_concurrent: 2 }\n"
        "drain_timeout: 5s\n"));
    const struct process_settings *s = &f->settings;
    assert_true(secret_eq(s->database.password, STR("hunter2")));
    assert_string_equal(s->routes.v[1].p, "/b");
    assert_int_equal(s->secret_key.n, 2);
    assert_true(listen_settings_at(s, 0)->is_loopback);
    assert_string_equal(listen_settings_at(s, 0)->host.p, "::1");
    assert_int_equal(listen_settings_at(s, 1)->port, 8443);
    assert_string_equal(listen_settings_at(s, 1)->tls.key.p, "/k.pem");
    assert_false(is_loopback_only(s));
    assert_string_equal(s->external_url.p, "https://alerts.example.org");
    assert_int_equal(s->limits.body_max, 1 << 20);
    assert_int_equal(s->limits.idle_us, 90 * US_PER_S);
    assert_int_equal(s->log.format, LOG_JSON);
    assert_int_equal(s->actions.max_concurrent, 2);
    assert_string_equal(s->replica_name.p, "one");
}

static void test_all_problems_are_reported_with_their_places(void **state)
{
    struct fixture *f = *state;
    write_key(f, KEY, 0600);
    assert_false(read_text(f, HEAD "listen:\n"
                                   "  - adress: 127.0.0.1:8080\n"
                                   "limits: { body_max: huge, max_connections: 1 }\n"
                                   "log: { level: warn }\n"
                                   "colour: red\n"));
    assert_true(says(f, "a.yml:5:5: error: unknown key \"adress\""));
    assert_true(says(f, "did you mean \"address\"?"));
    assert_true(says(f, "a.yml:5:5: error: \"address\" is missing"));
    assert_true(says(f, "a.yml:6:21: error: body_max: not a size"));
    assert_true(says(f, "max_connections: out of range"));
    assert_true(says(f, "a.yml:7:15: error: level: unknown value"));
    assert_true(says(f, "did you mean \"warning\"?"));
    assert_true(says(f, "a.yml:8:1: error: unknown key \"colour\""));
    assert_int_equal(f->problems.n_errors, 6);
    assert_string_equal(f->problems.first.where, "a.yml:8:1");
}

static void test_missing_keys_are_named(void **state)
{
    struct fixture *f = *state;
    assert_false(read_text(f, "database: {}\n"));
    assert_true(says(f, "\"conninfo\" is missing"));
    assert_true(says(f, "\"routes\" is missing"));
    assert_true(says(f, "\"listen\" is missing"));
    assert_true(says(f, "\"secret_key\" is missing"));
    assert_int_equal(f->problems.n_errors, 4);
}

static void test_an_empty_file_lacks_everything(void **state)
{
    struct fixture *f = *state;
    assert_false(read_text(f, "# nothing\n"));
    assert_true(says(f, "\"database\" is missing"));
}

static void test_a_secret_is_never_a_literal_and_never_shown(void **state)
{
    struct fixture *f = *state;
    assert_false(read_text(f, "database: { conninfo: x, password: hunter2 }\n"));
    assert_true(says(f, "a.yml:1:36: error: password: a secret is not written here"));
    assert_false(str_contains(strbuf_str(&f->problems.text), STR("hunter2")));
}

static void test_a_short_secret_key_is_refused(void **state)
{
    struct fixture *f = *state;
    write_key(f, "short\n", 0600);
    assert_false(read_text(f, HEAD "listen: { address: 127.0.0.1:8080 }\n"));
    assert_true(says(f, "secret_key needs at least 32 bytes, this secret has 5"));
}

static void test_an_exposed_secret_file_works_with_a_warning(void **state)
{
    struct fixture *f = *state;
    write_key(f, KEY, 0604);
    assert_true(read_text(f, HEAD "listen: { address: 127.0.0.1:8080 }\n"));
    assert_int_equal(f->problems.n_warnings, 1);
    assert_true(says(f, "open to everyone (mode 604)"));
}

static void test_secrets_that_are_not_there_are_errors(void **state)
{
    struct fixture *f = *state;
    unsetenv("TEST_SETTINGS_ABSENT");
    assert_false(read_text(f, "database: { conninfo: x, password: !env TEST_SETTINGS_ABSENT }\n"
                              "secret_key: !file nowhere\n"));
    assert_true(says(f, "environment variable TEST_SETTINGS_ABSENT is not set"));
    assert_true(says(f, "nowhere: No such file"));
}

static void test_plain_http_is_only_for_loopback_or_behind_a_proxy(void **state)
{
    struct fixture *f = *state;
    write_key(f, KEY, 0600);
    assert_false(read_text(f, HEAD "listen: [{ address: 0.0.0.0:80 }, { address: ':81' },\n"
                                   "  { address: ':82', behind_proxy: true },\n"
                                   "  { address: 'localhost:83' }]\n"));
    assert_true(says(f, "0.0.0.0:80 is not one"));
    assert_true(says(f, ":81 is not one"));
    assert_int_equal(f->problems.n_errors, 2);
}

static void test_addresses_that_cannot_be_listened_on_are_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const bad[] = {"127.0.0.1",       "127.0.0.1:", "127.0.0.1:x",
                                      "127.0.0.1:70000", "::1:80",     ""};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct listen_settings l = {.address = str_from(bad[i])};
        assert_false(listen_address_parse(&f->settings.arena, &l));
    }
    struct listen_settings any = {.address = STR("*:80")};
    assert_true(listen_address_parse(&f->settings.arena, &any));
    assert_int_equal(any.host.n, 0);
    assert_false(any.is_loopback);
}

static void test_yaml_mistakes_have_a_place(void **state)
{
    struct fixture *f = *state;
    assert_false(read_text(f, "listen: [\n"));
    assert_true(says(f, "a.yml:"));
    assert_int_equal(f->problems.n_errors, 1);
}

static void test_a_missing_file_is_one_problem(void **state)
{
    struct fixture *f = *state;
    assert_false(settings_file_read("/nonexistent/a.yml", &f->settings, &f->problems));
    assert_true(says(f, "/nonexistent/a.yml: error: No such file or directory"));
}

static void test_the_description_names_every_key(void **state)
{
    struct fixture *f = *state;
    struct strbuf text;
    strbuf_init(&text, &f->settings.arena, 65536);
    settings_file_describe(&text);
    assert_false(text.is_full);
    assert_true(str_contains(strbuf_str(&text), STR("\n  body_max: 16MiB\n")));
    assert_true(str_contains(strbuf_str(&text), STR("client_required: false")));
    assert_true(str_contains(strbuf_str(&text), STR("secret_key:   # required")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        CASE(test_a_minimal_file_gets_the_documented_defaults),
        CASE(test_everything_can_be_set),
        CASE(test_all_problems_are_reported_with_their_places),
        CASE(test_missing_keys_are_named),
        CASE(test_an_empty_file_lacks_everything),
        CASE(test_a_secret_is_never_a_literal_and_never_shown),
        CASE(test_a_short_secret_key_is_refused),
        CASE(test_an_exposed_secret_file_works_with_a_warning),
        CASE(test_secrets_that_are_not_there_are_errors),
        CASE(test_plain_http_is_only_for_loopback_or_behind_a_proxy),
        CASE(test_addresses_that_cannot_be_listened_on_are_refused),
        CASE(test_yaml_mistakes_have_a_place),
        CASE(test_a_missing_file_is_one_problem),
        CASE(test_the_description_names_every_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
