#include "app/cli/cli.h"

#include "app/problems.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COMMANDS_MAX = 24, OPTIONS_MAX = 16 };

const struct cli_command cli_commands[] = {
    {"up", "[--demo]", "everything on this machine at once: database, sample routes, server",
     cli_up},
    {"serve", "--config FILE", "the server", cli_serve},
    {"migrate", "--config FILE | --database CONNINFO", "bring the database's schema up to date",
     cli_migrate},
    {"check", "FILE…", "find the mistakes in routing files", cli_check},
    {"import", "alertmanager FILE", "print an Alertmanager file in alertify's own words",
     cli_import},
    {"schema", "", "print the JSON Schema of routing files, for editors", cli_schema},
    {"oncall", "--config.file FILE [--at TIME] | feed-url", "who is on call, when and why",
     cli_oncall},
    {"override", "add | list | remove ID", "put somebody else on call for some time", cli_override},
    {"silence", "add MATCHER… --for LENGTH --comment TEXT | list | end ID",
     "alerts that fit page nobody for some time", cli_silence},
    {"routes", "[show | test LABEL=VALUE…] --config.file FILE | unittest FILE…",
     "the routing tree, who gets an alert with these labels, and tests of it", cli_routes},
    {"template",
     "render --template.glob GLOB --template.text TEXT | check FILE… | preview --channel C",
     "what a message template makes of alerts, and the mistakes in template files", cli_template},
    {"simulate", "--config.file FILE [--at TIME] LABEL=VALUE…",
     "who is told of an alert, when and by what, until the escalation ends", cli_simulate},
    {"config", "history | show HASH | diff [HASH [HASH]] | rollback HASH | plan FILE",
     "the routing files that were in force, the way back, and what a change would do", cli_config},
    {"why", "INCIDENT | --user ID [--at TIME]",
     "what happened to an incident, or why nobody was paged", cli_why},
    {"incidents", "export INCIDENT [--json]",
     "the draft of an incident's post-mortem, from its timeline", cli_incidents},
    {"audit", "verify [--anchor FILE] [--json] | anchor",
     "are the timelines as they were written; a signed line to keep elsewhere", cli_audit},
    {"page", "[--severity S] [--name N]", "fire a test alert at a running server", cli_page},
    {"token", "create | list | revoke ID", "API tokens", cli_token},
    {"keys", "rotate", "the keys that links are signed with", cli_keys},
    {"version", "", "print the version", cli_version},
    {"help", "[COMMAND | settings]", "explain a command, or the settings file", cli_help},
    {0},
};

int cli_usage(const struct cli_command *command, const char *fmt, ...)
{
    va_list args;
    fprintf(stderr, "alertify %s: ", command->name);
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fprintf(stderr, "\nusage: alertify %s %s   (alertify help %s)\n", command->name,
            command->arguments, command->name);
    return CLI_USAGE;
}

int cli_failed(const struct cli_command *command, const struct err *err)
{
    fprintf(stderr, "alertify %s: %s%s%s\n", command->name, err->where, err->where[0] ? ": " : "",
            err->detail[0] ? err->detail : status_name(err->code));
    return CLI_FAILED;
}

bool cli_number(const char *text, long low, long high, long *ret)
{
    char *end;
    errno = 0;
    *ret = strtol(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *ret >= low && *ret <= high;
}

static void print_options(const struct cli_command *command, const struct cli_option *options)
{
    printf("usage: alertify %s %s\n%s\n\n", command->name, command->arguments, command->summary);
    for (; options->name; options++) {
        char left[64];
        snprintf(left, sizeof(left), "--%s%s%s", options->name, options->argument ? " " : "",
                 options->argument ? options->argument : "");
        printf("  %-22s %s\n", left, options->help);
    }
}

static const struct cli_option *find_option(const struct cli_option *options, struct str name)
{
    for (; options->name; options++) {
        if (str_eq(name, str_from(options->name))) {
            return options;
        }
    }
    return NULL;
}

static int unknown_option(const struct cli_command *command, const struct cli_option *options,
                          struct str name)
{
    const char *names[OPTIONS_MAX + 1] = {0};
    for (size_t i = 0; options[i].name; i++) {
        CHECK(i < OPTIONS_MAX);
        names[i] = options[i].name;
    }
    const char *near = nearest_word(name, names);
    return cli_usage(command, "unknown option --%.*s%s%s%s", STR_ARG(name),
                     near ? ", did you mean --" : "", near ? near : "", near ? "?" : "");
}

/* Takes argv[*i], and the word behind it if it is the option's argument. */
static int take_option(const struct cli_command *command, const struct cli_option *options,
                       int argc, char **argv, int *i)
{
    struct str rest = str_from(argv[*i] + 2);
    struct str name = str_cut(&rest, '=');
    const struct cli_option *option = find_option(options, name);
    if (!option) {
        return unknown_option(command, options, name);
    }
    if (!option->argument) {
        *option->flag = true;
        return rest.p ? cli_usage(command, "--%s takes no value", option->name) : CLI_GO;
    }
    if (!rest.p && *i + 1 >= argc) {
        return cli_usage(command, "--%s needs a value: --%s %s", option->name, option->name,
                         option->argument);
    }
    size_t at = 0;
    while (str_ends_with(str_from(option->argument), STR("…")) && option->value[at]) {
        at++;
    }
    if (at + 1 == CLI_VALUES_MAX) {
        return cli_usage(command, "--%s is given too often", option->name);
    }
    option->value[at] = rest.p ? rest.p : argv[++*i];
    return CLI_GO;
}

int cli_options(const struct cli_command *command, const struct cli_option *options, int *argc,
                char **argv, int min_rest, int max_rest)
{
    int rest = 0;
    bool is_rest_only = false;
    for (int i = 1; i < *argc; i++) {
        if (is_rest_only || strncmp(argv[i], "--", 2) != 0) {
            argv[rest++] = argv[i];
        } else if (strcmp(argv[i], "--") == 0) {
            is_rest_only = true;
        } else if (strcmp(argv[i], "--help") == 0) {
            print_options(command, options);
            return CLI_OK;
        } else {
            int code = take_option(command, options, *argc, argv, &i);
            if (code != CLI_GO) {
                return code;
            }
        }
    }
    *argc = rest;
    if (rest > max_rest) {
        return cli_usage(command, "\"%s\" is one too many", argv[max_rest]);
    }
    return rest < min_rest ? cli_usage(command, "something is missing") : CLI_GO;
}

int cli_main(int argc, char **argv)
{
    const char *names[COMMANDS_MAX + 1] = {0};
    const char *name = argc > 1 ? argv[1] : "help";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        name = "help";
    } else if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
        name = "version";
    }
    for (size_t i = 0; cli_commands[i].name; i++) {
        CHECK(i < COMMANDS_MAX);
        names[i] = cli_commands[i].name;
        if (strcmp(name, names[i]) == 0) {
            static char *none[] = {NULL, NULL};
            return cli_commands[i].run(&cli_commands[i], argc > 1 ? argc - 1 : 1,
                                       argc > 1 ? argv + 1 : none);
        }
    }
    const char *near = nearest_word(str_from(name), names);
    fprintf(stderr, "alertify: there is no command \"%s\"%s%s%s; see: alertify help\n", name,
            near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    return CLI_USAGE;
}
