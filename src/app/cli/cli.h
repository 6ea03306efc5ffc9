#pragma once
/* cli — the commands of the program, and how their options are read.
 *
 * Exit codes: 0 done, 1 it failed, 2 the command line makes no sense. What a command is for goes to
 * standard output, everything else to standard error. Layer: app. Main thread. */
#include "base/err.h"

enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2, CLI_GO = -1 };

enum { CLI_VALUES_MAX = 64 };

struct cli_option {
    const char *name;     /* "--config" without the dashes; NULL ends the table */
    const char *argument; /* "FILE"; NULL: a flag; "FILE…": may be given again */
    const char *help;
    const char **value; /* with an argument; "FILE…": CLI_VALUES_MAX of them, ended by NULL */
    bool *flag;         /* without */
};

struct cli_command {
    const char *name;
    const char *arguments; /* of the usage line, "" if none */
    const char *summary;
    int (*run)(const struct cli_command *, int argc, char **argv); /* argv[0]: the command */
};

extern const struct cli_command cli_commands[]; /* ended by name == NULL */

/* Finds the command and runs it. Returns the exit code. */
int cli_main(int argc, char **argv);

/* Reads the options; what remains is moved to argv[0 … *argc). At most max_rest may remain, at
 * least min_rest must. CLI_GO, or the exit code: usage errors are printed, `--help` is answered. */
int cli_options(const struct cli_command *, const struct cli_option *, int *argc, char **argv,
                int min_rest, int max_rest);
/* "alertify NAME: …" on standard error; returns CLI_USAGE. */
int cli_usage(const struct cli_command *, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Prints the error; returns CLI_FAILED. */
int cli_failed(const struct cli_command *, const struct err *);
/* A whole number in [low, high]. */
bool cli_number(const char *text, long low, long high, long *ret);

int cli_help(const struct cli_command *, int argc, char **argv);
int cli_version(const struct cli_command *, int argc, char **argv);
int cli_serve(const struct cli_command *, int argc, char **argv);
int cli_up(const struct cli_command *, int argc, char **argv);
int cli_migrate(const struct cli_command *, int argc, char **argv);
int cli_import(const struct cli_command *, int argc, char **argv);
int cli_schema(const struct cli_command *, int argc, char **argv);
int cli_check(const struct cli_command *, int argc, char **argv);
int cli_routes(const struct cli_command *, int argc, char **argv);
int cli_simulate(const struct cli_command *, int argc, char **argv);
int cli_token(const struct cli_command *, int argc, char **argv);
int cli_keys(const struct cli_command *, int argc, char **argv);
int cli_page(const struct cli_command *, int argc, char **argv);
int cli_oncall(const struct cli_command *, int argc, char **argv);
int cli_silence(const struct cli_command *, int argc, char **argv);
int cli_override(const struct cli_command *, int argc, char **argv);
int cli_config(const struct cli_command *, int argc, char **argv);
int cli_template(const struct cli_command *, int argc, char **argv);
int cli_audit(const struct cli_command *, int argc, char **argv);
int cli_incidents(const struct cli_command *, int argc, char **argv);
int cli_why(const struct cli_command *, int argc, char **argv);
