#include "fake_transfer.h"

void fake_transfers_init(struct transfers *t, const int64_t *clock_at)
{
    *t = (struct transfers){.clock_at = clock_at};
    arena_init(&t->arena);
}

void fake_transfers_release(struct transfers *t)
{
    CHECK(t->in_flight == 0);
    arena_release(&t->arena);
}

void fake_transfers_script(struct transfers *t, struct str url_part, struct transfer_reply reply)
{
    struct fake_reply row = {.url_part = str_dup(&t->arena, url_part), .reply = reply};
    VEC_PUSH(&t->arena, &t->script, row);
}

size_t fake_transfers_count(const struct transfers *t, struct str part)
{
    size_t n = 0;
    for (size_t i = 0; i < t->requests.n; i++) {
        n += str_contains(t->requests.v[i].url, part) || str_eq(t->requests.v[i].mail_to, part);
    }
    return n;
}

static struct str keep(struct transfers *t, struct str s)
{
    return s.n ? str_dup(&t->arena, s) : STR_EMPTY;
}

enum status transfer_submit(struct transfers *t, const struct transfer_request *r,
                            transfer_done done, void *arg, struct err *err)
{
    (void)err;
    struct fake_request row = {.kind = r->kind,
                               .url = keep(t, r->url),
                               .method = keep(t, r->method),
                               .body = keep(t, r->body),
                               .mail_to = keep(t, r->mail_to),
                               .at = *t->clock_at,
                               .done = done,
                               .arg = arg};
    CHECK(r->timeout_us > 0);
    VEC_PUSH(&t->arena, &t->requests, row);
    t->in_flight++;
    return OK;
}

static struct transfer_reply reply_to(struct transfers *t, const struct fake_request *request)
{
    if (++t->submits == t->fail_at) {
        t->has_failed = true;
        return t->fail_with;
    }
    for (size_t i = 0; i < t->script.n; i++) {
        struct fake_reply *row = &t->script.v[i];
        if (!row->is_used && str_contains(request->url, row->url_part)) {
            row->is_used = true;
            return row->reply;
        }
    }
    return (struct transfer_reply){.end = TRANSFER_REPLIED,
                                   .status = request->kind == TRANSFER_SMTP ? 250 : 200,
                                   .body =
                                       STR("{\"ok\":true,\"channel\":\"C1\",\"ts\":\"111.222\","
                                           "\"result\":{\"message_id\":7,\"chat\":{\"id\":-100}}}"),
                                   .detail = STR_EMPTY};
}

void transfers_run(struct transfers *t, int64_t timeout_us)
{
    (void)timeout_us;
    size_t n = t->requests.n; /* what `done` submits waits for the next run */
    for (size_t i = 0; i < n; i++) {
        struct fake_request request = t->requests.v[i];
        if (request.is_answered) {
            continue;
        }
        t->requests.v[i].is_answered = true;
        if (t->meanwhile) {
            t->meanwhile(t->meanwhile_arg);
        }
        struct transfer_reply reply = reply_to(t, &request);
        t->in_flight--;
        request.done(request.arg, &reply);
    }
}

void transfers_wake(struct transfers *t)
{
    t->wakes++;
}

size_t transfers_in_flight(const struct transfers *t)
{
    return t->in_flight;
}
