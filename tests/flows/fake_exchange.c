#include "fake_exchange.h"

#include "base/heap.h"

struct exchange {
    struct arena arena;
    struct exchange_request request;
    struct fake_answer *answer;
    struct arena *keep;
};

struct exchange *fake_exchange_new(struct arena *keep, const struct exchange_request *request,
                                   struct fake_answer *ret)
{
    struct exchange *x = HEAP_NEW(struct exchange);
    arena_init(&x->arena);
    x->request = *request;
    x->answer = ret;
    x->keep = keep;
    *ret = (struct fake_answer){0};
    return x;
}

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

static void end(struct exchange *x, int status, struct str type, struct str body, enum status error)
{
    CHECK(!x->answer->is_answered); /* exactly once */
    *x->answer = (struct fake_answer){.is_answered = true,
                                      .status = status,
                                      .content_type = str_dup(x->keep, type),
                                      .body = str_dup(x->keep, body),
                                      .error = error};
    arena_release(&x->arena);
    heap_free(x);
}

void exchange_answer(struct exchange *x, const struct exchange_reply *reply)
{
    end(x, reply->status, reply->content_type, reply->body, OK);
}

void exchange_answer_error(struct exchange *x, const struct err *err)
{
    CHECK(err->code != OK);
    end(x, status_http(err->code), STR("application/json"), str_from(err_user(err)), err->code);
}
