#pragma once
/* pg_fixture — one real throw-away PostgreSQL per test program, by tests/pg_cluster.sh.
 * Include once; cmocka group set-up and tear-down. */
#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char fixture_dir[128];
static char fixture_conninfo[512];

/* Runs "pg_cluster.sh verb DIR"; keeps the conninfo it prints. */
static int fixture_run(const char *verb)
{
    char command[512];
    snprintf(command, sizeof(command), "exec %s/../pg_cluster.sh %s %s", TEST_DATA, verb,
             fixture_dir);
    FILE *out = popen(command, "r");
    CHECK(out);
    char line[512];
    if (fgets(line, sizeof(line), out)) {
        line[strcspn(line, "\n")] = '\0';
        memcpy(fixture_conninfo, line, sizeof(line));
    }
    return pclose(out);
}

static int fixture_start(void **state)
{
    (void)state;
    snprintf(fixture_dir, sizeof(fixture_dir), "/tmp/alertify-pg-%d", (int)getpid());
    return fixture_run("start");
}

static int fixture_stop(void **state)
{
    (void)state;
    return fixture_run("stop");
}
