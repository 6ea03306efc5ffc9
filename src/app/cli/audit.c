/* alertify audit — are the timelines as they were written; and anchors to keep elsewhere. */
#include "flows/audit.h"
#include "app/cli/database.h"
#include "app/cli/terminal.h"
#include "app/state_folder.h"
#include "flows/anchoring.h"
#include "flows/incident_json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
    ANCHORS_MAX = 1000,
    FILE_MAX = ANCHORS_MAX * ANCHOR_LINE_MAX,
    ANSWER_MAX = 16 << 20,
    TRIES = 5
};

struct call {
    const struct cli_command *command;
    struct arena *arena;
    struct store *store;
    struct anchor_key keys[SETTING_SECRETS_MAX];
    size_t n_keys;
    const char *anchor_file;
    bool is_json;
};

static int anchor(struct call *c)
{
    struct anchor made;
    bool is_new;
    if (c->n_keys == 0) {
        return cli_usage(c->command, "an anchor is signed with the installation's secret: name the "
                                     "server with --config or --state");
    }
    for (int i = 1;; i++) {
        struct err err = ERR_INIT;
        enum status status =
            anchoring_make(c->store, c->arena, &c->keys[0], true, &made, &is_new, &err);
        if (status == OK) {
            break;
        }
        if (status != ERR_CONFLICT || i == TRIES) { /* a server made one at the same moment */
            return cli_failed(c->command, &err);
        }
    }
    if (made.number == 0) {
        fprintf(stderr, "alertify audit: there is no timeline yet\n");
        return CLI_FAILED;
    }
    printf("%.*s\n", STR_ARG(anchor_format(c->arena, &made)));
    return CLI_OK;
}

/* One anchor a line; empty lines and # are skipped, and whatever stands before the anchor in its
 * line, so that lines of a log will do. */
static int read_anchors(struct call *c, struct anchor *out, size_t *ret_n)
{
    bool is_stdin = strcmp(c->anchor_file, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(c->anchor_file, "re");
    char line[4096];
    size_t n = 0, number = 0;
    int code = CLI_GO;
    if (!file) {
        fprintf(stderr, "alertify audit: %s: %s\n", c->anchor_file, strerror(errno));
        return CLI_FAILED;
    }
    while (code == CLI_GO && fgets(line, sizeof(line), file)) {
        struct err err = ERR_INIT;
        struct str text = str_trim(str_from(line));
        number++;
        if (text.n == 0 || text.p[0] == '#') {
            continue;
        }
        char *begin = strstr(line, "alertify-anchor-");
        text = begin ? str_trim(str_from(begin)) : text;
        size_t quote = str_find(text, '"', 0);
        text = quote == SIZE_MAX ? text : str_slice(text, 0, quote);
        if (n == ANCHORS_MAX || anchor_parse(text, &out[n], &err) != OK) {
            fprintf(stderr, "alertify audit: %s:%zu: %s\n", c->anchor_file, number,
                    n == ANCHORS_MAX ? "too many anchors; the newest will do" : err.detail);
            code = CLI_FAILED;
        } else {
            n++;
        }
    }
    if (!is_stdin) {
        fclose(file);
    }
    if (code == CLI_GO && n == 0) {
        fprintf(stderr, "alertify audit: %s has no anchor\n", c->anchor_file);
        code = CLI_FAILED;
    }
    *ret_n = n;
    return code;
}

static void put_finding(struct json_writer *json, const struct audit_finding *f)
{
    char id[UUID_TEXT + 1];
    json_begin_object(json);
    json_put_str(json, "kind", str_from(f->kind));
    if (f->incident > 0) {
        json_put_int(json, "incident", f->incident);
    }
    if (!uuid_eq(f->incident_id, (struct uuid){{0}})) {
        json_put_str(json, "incident_id", str_from(uuid_format(f->incident_id, id)));
    }
    if (f->from_seq > 0) {
        json_put_int(json, "from_entry", f->from_seq);
        json_put_int(json, "to_entry", f->to_seq);
    }
    if (f->anchor > 0) {
        json_put_int(json, "anchor", f->anchor);
    }
    json_put_str(json, "text", f->text);
    json_end_object(json);
}

static void print_json(const struct call *c, const struct audit_report *r)
{
    struct strbuf out;
    struct json_writer json;
    strbuf_init(&out, c->arena, ANSWER_MAX);
    json_begin(&json, &out);
    json_begin_object(&json);
    json_put_bool(&json, "ok", r->n_findings == 0);
    json_put_int(&json, "incidents", r->incidents);
    json_put_int(&json, "entries", r->entries);
    json_put_int(&json, "entries_before_chain", r->old_entries);
    json_put_int(&json, "anchors", r->anchors);
    json_put_time(&json, "newest_anchor_at", r->newest_anchor_at);
    json_put_bool(&json, "signature_checked", r->is_signature_checked);
    json_put_int(&json, "faults", r->n_findings);
    json_key(&json, STR("findings"));
    json_begin_array(&json);
    for (size_t i = 0; i < r->findings.n; i++) {
        put_finding(&json, &r->findings.v[i]);
    }
    json_end_array(&json);
    json_end_object(&json);
    json_end(&json);
    printf("%.*s\n", STR_ARG(strbuf_str(&out)));
}

static void print_report(const struct call *c, const struct audit_report *r)
{
    for (size_t i = 0; i < r->findings.n; i++) {
        struct str line = terminal_clean(c->arena, r->findings.v[i].text, false);
        printf("%s: %.*s\n", r->findings.v[i].kind, STR_ARG(line));
    }
    if (r->n_findings > (int64_t)r->findings.n) {
        printf("… and %lld more\n", (long long)r->n_findings - (long long)r->findings.n);
    }
    printf("%lld incidents, %lld entries", (long long)r->incidents, (long long)r->entries);
    if (r->old_entries > 0) {
        printf(" (%lld from before the chain)", (long long)r->old_entries);
    }
    printf(", %lld anchors: ", (long long)r->anchors);
    if (r->n_findings > 0) {
        printf("%lld things are WRONG\n", (long long)r->n_findings);
    } else {
        puts("all is as it was written");
    }
    if (r->anchors > 0 && !r->is_signature_checked) {
        puts("whose signature the anchors have was not checked: that needs --config or --state");
    }
}

static int verify(struct call *c)
{
    struct audit_report result;
    struct err err = ERR_INIT;
    struct anchor *anchors = ARENA_ARRAY(c->arena, struct anchor, ANCHORS_MAX);
    struct audit_wish wish = {.keys = c->keys, .n_keys = c->n_keys, .anchors = anchors};
    if (c->anchor_file) {
        int code = read_anchors(c, anchors, &wish.n_anchors);
        if (code != CLI_GO) {
            return code;
        }
    }
    if (audit_verify(c->store, c->arena, &wish, &result, &err) != OK) {
        return cli_failed(c->command, &err);
    }
    if (c->is_json) {
        print_json(c, &result);
    } else {
        print_report(c, &result);
    }
    return result.n_findings > 0 ? CLI_FAILED : CLI_OK;
}

static int with_store(struct call *c, struct database *database, int (*run)(struct call *))
{
    struct err err = ERR_INIT;
    int code;
    database->pg.statement_timeout_us = 10 * US_PER_MIN; /* a whole database is looked at */
    for (size_t i = 0; i < database->n_masters; i++) {
        if (anchor_key_derive(secret_reveal(database->masters[i]), &c->keys[c->n_keys], &err) !=
            OK) {
            return cli_failed(c->command, &err);
        }
        c->n_keys++;
    }
    if (database_store(database, &c->store, &err) != OK) {
        code = cli_failed(c->command, &err);
    } else {
        code = run(c);
        store_close(c->store);
    }
    for (size_t i = 0; i < c->n_keys; i++) {
        anchor_key_wipe(&c->keys[i]);
    }
    return code;
}

int cli_audit(const struct cli_command *command, int argc, char **argv)
{
    struct database_choice choice = {0};
    struct database database;
    struct call call = {.command = command};
    const struct cli_option options[] = {
        {"anchor", "FILE", "verify: anchors that were kept elsewhere, one a line; - reads them",
         &call.anchor_file, NULL},
        {"json", NULL, "verify: as JSON", NULL, &call.is_json},
        DATABASE_OPTIONS(choice),
        {0},
    };
    int code = cli_options(command, options, &argc, argv, 1, 1);
    if (code != CLI_GO) {
        return code;
    }
    bool is_verify = strcmp(argv[0], "verify") == 0;
    if (!is_verify && strcmp(argv[0], "anchor") != 0) {
        return cli_usage(command, "there is no \"audit %s\"", argv[0]);
    }
    if (!is_verify && (call.anchor_file || call.is_json)) {
        return cli_usage(command, "--anchor and --json are for: audit verify");
    }
    code = database_open(command, &choice, &database);
    if (code == CLI_GO) {
        call.arena = &database.arena;
        code = with_store(&call, &database, is_verify ? verify : anchor);
    }
    database_close(&database);
    return code;
}
