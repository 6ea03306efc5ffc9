/* Requests from outside to a replica, and the answers; both may be lost on the way. The request is
 * handled by the production code, as the http thread would. */
#include "sim/world.h"

#include "base/heap.h"
#include "base/time_units.h"
#include "sim/check.h"
#include "sim/dice.h"
#include "sim/sometimes.h"

#define CLIENT_WAITS_US (10 * US_PER_S)

/* The client's side. */
struct client {
    struct http_call call;
    struct replica *replica;
    uint64_t incarnation;
    bool is_done;
    int64_t arrived_at;
    int status;
    struct str answer;
};

/* The server's side; memory of its machine. */
struct exchange {
    struct arena arena;
    struct exchange_request request;
    struct exchange_header headers[2];
    struct client *client;
};

static void finish(struct client *client, int status, struct str body)
{
    if (!client->is_done) {
        client->is_done = true;
        client->call.done(client->call.arg, status, body);
    }
}

static void deliver_answer(void *arg)
{
    struct client *client = arg;
    finish(client, client->status, client->answer);
}

static void give_up(void *arg)
{
    finish(arg, 0, STR_EMPTY);
}

static void arrive(void *arg)
{
    struct client *client = arg;
    struct replica *r = client->replica;
    if (client->is_done) {
        return;
    }
    if (!replica_runs(r) || r->incarnation != client->incarnation) {
        finish(client, 0, STR_EMPTY); /* refused */
        return;
    }
    if (r->machine.paused_until > sim_now()) {
        sim_at(r->machine.paused_until, arrive, client);
        return;
    }
    client->arrived_at = sim_now();
    machine_enter(&r->machine);
    struct exchange *x = HEAP_NEW(struct exchange);
    arena_init_sized(&x->arena, 4096);
    x->client = client;
    x->headers[0] = (struct exchange_header){STR("authorization"), client->call.authorization};
    x->request = (struct exchange_request){.method = client->call.method,
                                           .path = client->call.path,
                                           .query = STR_EMPTY,
                                           .authority = STR("alerts.example.org"),
                                           .headers = x->headers,
                                           .n_headers = client->call.authorization.n > 0,
                                           .body = client->call.body,
                                           .peer = STR("192.0.2.1"),
                                           .client_subject = STR_EMPTY,
                                           .http_version = 0x101};
    flow_request(r->deps, x);
    machine_leave();
}

void http_send(const struct http_call *call)
{
    struct client *client = world_alloc(sizeof(*client));
    struct replica *r = replica_any();
    client->call = *call;
    client->call.path = world_str(call->path);
    client->call.body = world_str(call->body);
    sim_at(sim_now() + CLIENT_WAITS_US, give_up, client);
    if (!r) {
        client->call.done(call->arg, 0, STR_EMPTY);
        client->is_done = true;
        return;
    }
    client->replica = r;
    client->incarnation = r->incarnation;
    int64_t delay = world.chances.http_slow && !world.is_calm && dice_chance(100000)
                        ? dice_between(1, 6 * US_PER_S)
                        : dice_between(50, 3000);
    sim_at(sim_now() + delay, arrive, client);
}

/* ---- the port -------------------------------------------------------------------------------- */

const struct exchange_request *exchange_request(const struct exchange *x)
{
    return &x->request;
}

struct arena *exchange_arena(struct exchange *x)
{
    return &x->arena;
}

struct str exchange_header(const struct exchange *x, struct str name)
{
    for (size_t i = 0; i < x->request.n_headers; i++) {
        if (str_eq(x->request.headers[i].name, name)) {
            return x->request.headers[i].value;
        }
    }
    return (struct str){NULL, 0};
}

static void end(struct exchange *x, int status, struct str body)
{
    struct client *client = x->client;
    client->status = status;
    client->answer = world_str(body);
    check_answer(&client->call, status, client->answer);
    if (status == 200 && sim_now() - client->arrived_at > 2 * US_PER_S &&
        str_starts_with(client->call.path, STR("/v1/webhooks/"))) {
        SOMETIMES(WEBHOOK_PARKED);
    }
    bool is_lost = world.chances.answers_lost && !world.is_calm && dice_chance(50000);
    if (is_lost) {
        SOMETIMES(HTTP_ANSWER_LOST);
    } else {
        sim_at(sim_now() + dice_between(50, 3000), deliver_answer, client);
    }
    arena_release(&x->arena);
    heap_free(x);
}

void exchange_answer(struct exchange *x, const struct exchange_reply *reply)
{
    end(x, reply->status, reply->body);
}

void exchange_answer_error(struct exchange *x, const struct err *err)
{
    CHECK(err->code != OK);
    end(x, status_http(err->code), str_from(err_user(err)));
}
