/* People: they read what arrives, and some time later press the button on the page behind the link,
 * once or twice, or resolve or merge through the API. Scanners look at links, and post blindly,
 * too. */
#include "sim/world.h"

#include "base/digest.h"
#include "base/time_units.h"
#include "sim/check.h"
#include "sim/dice.h"
#include "sim/sometimes.h"
#include "sim/trace.h"

#include <stdio.h>
#include <string.h>

enum { TRIES_MAX = 8 };

struct reader {
    struct letter letter;
    char nonce[64];
    int tries;
    bool is_scanner, clicks_twice;
};

/* Buttons that were pressed: of an incident, or of a summary and so of all that it names. */
struct click {
    struct uuid incident;
    int cycle;
    int64_t summary; /* 0: of the incident alone */
};
static VEC(struct click) clicks;

void people_reset(void)
{
    memset(&clicks, 0, sizeof(clicks));
}

static bool is_named(int64_t summary, struct uuid incident, int cycle)
{
    FOR_ROWS(TABLE_DELIVERY, row)
    {
        const struct delivery_row *d = row_committed(row);
        if (d && d->covered_by == summary && d->d.cycle == cycle &&
            uuid_eq(d->d.incident, incident)) {
            return true;
        }
    }
    return false;
}

bool person_has_clicked(struct uuid incident, int cycle)
{
    for (size_t i = 0; i < clicks.n; i++) {
        const struct click *c = &clicks.v[i];
        if (c->summary == 0 ? c->cycle == cycle && uuid_eq(c->incident, incident)
                            : is_named(c->summary, incident, cycle)) {
            return true;
        }
    }
    return false;
}

static void note_click(const struct letter *letter)
{
    const struct row *row = row_of_delivery(letter->delivery);
    const struct delivery_row *d = row_committed(row);
    struct click click = {letter->incident, d->d.cycle,
                          letter->kind == NOTICE_STORM ? letter->delivery : 0};
    WORLD_PUSH(&clicks, click);
}

static void request(struct reader *r, enum http_method method, struct str body, http_answered done)
{
    char path[256];
    int n = snprintf(path, sizeof(path), "/a/%s", r->letter.ack_token);
    http_send(&(struct http_call){.method = method,
                                  .path = {path, (size_t)n},
                                  .body = body,
                                  .authorization = STR_EMPTY,
                                  .done = done,
                                  .arg = r});
}

/* ---- the button ------------------------------------------------------------------------------ */

static void open_page(void *arg);

static void again_later(struct reader *r)
{
    if (++r->tries < TRIES_MAX) {
        sim_at(sim_now() + dice_between(US_PER_S, 4 * US_PER_S), open_page, r);
    }
}

static void press(void *arg);

static void on_pressed(void *arg, int status, struct str body)
{
    struct reader *r = arg;
    (void)body;
    if (status == 0 || status >= 500) {
        SOMETIMES(CLICK_RETRIED);
        again_later(r);
    } else if (r->clicks_twice) {
        r->clicks_twice = false;
        SOMETIMES(CLICKED_TWICE);
        press(r);
    }
}

static void press(void *arg)
{
    struct reader *r = arg;
    char body[96];
    int n = snprintf(body, sizeof(body), "nonce=%s", r->nonce);
    TRACE("a person presses the button of #%lld", (long long)r->letter.incident_number);
    note_click(&r->letter);
    SOMETIMES(CLICKED);
    request(r, HTTP_POST, (struct str){body, (size_t)n}, on_pressed);
}

static void on_page(void *arg, int status, struct str body)
{
    static const char marker[] = "name=\"nonce\" value=\"";
    struct reader *r = arg;
    if (status == 0 || status >= 500) {
        again_later(r);
        return;
    }
    char *at = body.n > 0 ? memmem(body.p, body.n, marker, sizeof(marker) - 1) : NULL;
    if (status != 200 || !at || r->is_scanner) {
        return; /* nothing to press any more */
    }
    at += sizeof(marker) - 1;
    size_t n = 0;
    while (at[n] != '"' && n + 1 < sizeof(r->nonce)) {
        r->nonce[n] = at[n];
        n++;
    }
    r->nonce[n] = '\0';
    /* Some fall asleep over it: when they press, it may have ended, and begun again. */
    int64_t looks = dice_chance(100000) ? dice_between(3 * US_PER_S, 60 * US_PER_S)
                                        : dice_between(US_PER_S / 10, 3 * US_PER_S);
    sim_at(sim_now() + looks, press, r);
}

static void open_page(void *arg)
{
    request(arg, HTTP_GET, STR_EMPTY, on_page);
}

/* ---- scanners, the API ----------------------------------------------------------------------- */

static void on_scanned(void *arg, int status, struct str body)
{
    (void)arg, (void)body;
    CHECK_THAT(ACK, status == 0 || status == 403 || status >= 500,
               "a form without its nonce was answered %d", status);
}

static void scan(void *arg)
{
    struct reader *r = arg;
    SOMETIMES(LINK_SCANNED);
    request(r, dice_chance(500000) ? HTTP_GET : HTTP_HEAD, STR_EMPTY, on_page);
    request(r, HTTP_POST, STR("nonce="), on_scanned);
}

static void on_acted(void *arg, int status, struct str body)
{
    (void)arg, (void)status, (void)body;
}

/* POST /incidents/ID/what */
static void act(struct uuid incident, const char *what, struct str body)
{
    char id[UUID_TEXT + 1], path[96];
    int n = snprintf(path, sizeof(path), "/incidents/%s/%s", uuid_format(incident, id), what);
    http_send(&(struct http_call){.method = HTTP_POST,
                                  .path = {path, (size_t)n},
                                  .body = body,
                                  .authorization = STR("Bearer canary-api-token"),
                                  .done = on_acted});
}

static void reopen(void *arg)
{
    struct reader *r = arg;
    TRACE("a person opens #%lld again", (long long)r->letter.incident_number);
    act(r->letter.incident, "reopen", STR("{}"));
}

static void resolve(void *arg)
{
    struct reader *r = arg;
    note_click(&r->letter);
    SOMETIMES(RESOLVED_BY_HAND);
    TRACE("a person resolves #%lld", (long long)r->letter.incident_number);
    act(r->letter.incident, "resolve", STR("{}"));
    if (dice_chance(300000)) {
        sim_at(sim_now() + dice_between(US_PER_S, 30 * US_PER_S), reopen, r);
    }
}

/* ---- two incidents that are one trouble ------------------------------------------------------ */

static void unmerge(void *arg)
{
    struct reader *r = arg;
    TRACE("a person takes #%lld out", (long long)r->letter.incident_number);
    act(r->letter.incident, "unmerge", STR("{}"));
}

/* The other one is over, while somebody writes a note on this one. */
static void resolve_root(void *arg)
{
    struct reader *r = arg;
    const struct incident *in = row_committed(row_of_incident(r->letter.incident));
    const struct incident *root = NULL;
    FOR_ROWS(TABLE_INCIDENT, row)
    {
        const struct incident *other = row_committed(row);
        root = in && other && other->number == in->merged_into ? other : root;
    }
    if (root) {
        TRACE("a person resolves #%lld, another looks at #%lld", (long long)root->number,
              (long long)in->number);
        act(root->id, "resolve", STR("{}"));
        act(r->letter.incident, "note", STR("{\"text\": \"is it the same?\"}"));
    }
}

/* ---- and all the rest ------------------------------------------------------------------------ */

static void meddle(void *arg)
{
    static const char *const ways[][2] = {{"snooze", "{\"for\": \"15s\"}"},
                                          {"snooze", "{\"for\": \"40s\"}"},
                                          {"unacknowledge", "{}"},
                                          {"escalate", "{\"step\": 1}"},
                                          {"escalate", "{\"step\": 2}"},
                                          {"reassign", "{\"to\": \"user:boris\"}"},
                                          {"responders", "{\"to\": \"user:anna\"}"},
                                          {"severity", "{\"severity\": \"info\"}"},
                                          {"note", "{\"text\": \"hm\"}"}};
    struct reader *r = arg;
    size_t which = dice_below(sizeof(ways) / sizeof(ways[0]));
    TRACE("a person: %s of #%lld", ways[which][0], (long long)r->letter.incident_number);
    act(r->letter.incident, ways[which][0], str_from(ways[which][1]));
}

/* Any other one that is not over; NULL: there is none. */
static const struct incident *another(struct uuid than)
{
    const struct incident *found = NULL;
    uint64_t n = 0;
    FOR_ROWS(TABLE_INCIDENT, row)
    {
        const struct incident *in = row_committed(row);
        if (in && in->state != INCIDENT_RESOLVED && !uuid_eq(in->id, than) &&
            dice_below(++n) == 0) {
            found = in;
        }
    }
    return found;
}

static void merge_into(struct uuid incident, struct uuid root)
{
    char id[UUID_TEXT + 1], body[96];
    int n = snprintf(body, sizeof(body), "{\"into\": \"%s\"}", uuid_format(root, id));
    act(incident, "merge", (struct str){body, (size_t)n});
}

static void merge(void *arg)
{
    struct reader *r = arg;
    const struct incident *root = another(r->letter.incident);
    if (!root) {
        return;
    }
    struct uuid into = root->id;
    TRACE("a person merges #%lld into #%lld", (long long)r->letter.incident_number,
          (long long)root->number);
    merge_into(r->letter.incident, into);
    if (dice_chance(200000)) {
        SOMETIMES(MERGED_CROSSWISE);
        merge_into(into, r->letter.incident);
    }
    if (dice_chance(500000)) {
        sim_at(sim_now() + dice_between(US_PER_S, 30 * US_PER_S),
               dice_chance(500000) ? unmerge : resolve_root, r);
    }
}

/* The one token that there is. */
enum status store_token_find(struct store *store, struct arena *arena,
                             const uint8_t hash[API_TOKEN_HASH], struct api_token *ret,
                             struct err *err)
{
    struct call c;
    uint8_t known[API_TOKEN_HASH];
    struct digest digest;
    (void)arena;
    digest_init(&digest, sizeof(known));
    digest_add(&digest, STR("canary-api-token"));
    digest_end(&digest, known);
    if (call_begin(&c, store, true, err) != OK || call_end(&c, err) != OK) {
        return err->code;
    }
    if (memcmp(known, hash, sizeof(known)) != 0) {
        return err_set(err, ERR_NOT_FOUND, "no such token");
    }
    *ret = (struct api_token){.id = 1, .name = STR("ops"), .role = ROLE_ADMIN};
    return OK;
}

/* ---- a message arrives ----------------------------------------------------------------------- */

static struct reader *reader_new(const struct letter *letter)
{
    struct reader *r = world_alloc(sizeof(*r));
    r->letter = *letter;
    return r;
}

void people_receive(const struct letter *letter)
{
    const struct chances *c = &world.chances;
    if (letter->ack_token[0] == '\0') {
        return;
    }
    if (c->scanners && dice_chance(200000)) {
        struct reader *scanner = reader_new(letter);
        scanner->is_scanner = true;
        sim_at(sim_now() + dice_between(1000, US_PER_S), scan, scanner);
    }
    if (dice_chance(c->ack_per_million)) {
        struct reader *r = reader_new(letter);
        r->clicks_twice = dice_chance(200000);
        int64_t thinks = dice_chance(300000) ? dice_between(1000, US_PER_S)
                                             : dice_between(US_PER_S, 40 * US_PER_S);
        sim_at(sim_now() + thinks, open_page, r);
    } else if (!world.is_calm && dice_chance(c->resolve_per_million)) {
        sim_at(sim_now() + dice_between(1000, 20 * US_PER_S), resolve, reader_new(letter));
    } else if (!world.is_calm && dice_chance(c->meddle_per_million)) {
        sim_at(sim_now() + dice_between(1000, 20 * US_PER_S), meddle, reader_new(letter));
    } else if (!world.is_calm && dice_chance(c->merge_per_million)) {
        sim_at(sim_now() + dice_between(1000, 20 * US_PER_S), merge, reader_new(letter));
    }
}
