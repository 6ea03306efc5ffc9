#include "flows/storm_page.h"

#include "base/log.h"
#include "flows/respond.h"
#include "flows/web_page.h"

enum { AT_ONCE_MAX = 500 };

struct phrases {
    const char *language, *title, *over, *open, *acknowledged, *resolved, *more, *button, *done;
};

static const struct phrases english = {
    .language = "en",
    .title = "incidents at once",
    .over = "None of them is open any more.",
    .open = "Open",
    .acknowledged = "Acknowledged",
    .resolved = "Resolved",
    .more = "and more:",
    .button = "Acknowledge all",
    .done = "Acknowledged. Their escalations have stopped.",
};

static const struct phrases russian = {
    .language = "ru",
    .title = "инцидентов сразу",
    .over = "Открытых больше нет.",
    .open = "Открыто",
    .acknowledged = "Принято",
    .resolved = "Решено",
    .more = "и ещё:",
    .button = "Принять все",
    .done = "Принято. Эскалации остановлены.",
};

static struct str number(struct arena *arena, int64_t n)
{
    return str_printf(arena, "%lld", (long long)n);
}

static void put_counts(struct web_page *p, const struct phrases *t, const struct storm_view *view)
{
    strbuf_printf(&p->out, "<h1>%lld %s</h1><div class=\"card\"><dl>", (long long)view->total,
                  t->title);
    web_page_row(p, t->open, number(p->arena, view->open));
    web_page_row(p, t->acknowledged, number(p->arena, view->acknowledged));
    web_page_row(p, t->resolved, number(p->arena, view->resolved));
    web_page_add(p, "</dl></div>");
}

static void put_items(struct web_page *p, const struct phrases *t, const struct storm_view *view)
{
    web_page_add(p, "<div class=\"card\"><ul>");
    for (size_t i = 0; i < view->n_items; i++) {
        const struct storm_item *item = &view->items[i];
        strbuf_printf(&p->out, "<li>#%lld ", (long long)item->number);
        web_page_escaped(p, item->severity);
        web_page_add(p, ": ");
        web_page_escaped(p, item->title);
        web_page_add(p, "</li>");
    }
    if (view->total > (int64_t)view->n_items) {
        strbuf_printf(&p->out, "<li>%s %lld</li>", t->more,
                      (long long)(view->total - (int64_t)view->n_items));
    }
    web_page_add(p, "</ul></div>");
}

enum status storm_page_show(struct query *q, const struct action_token *token, struct str language,
                            const char *notice, int status, struct err *err)
{
    const struct phrases *t = str_eq(language, STR("ru")) ? &russian : &english;
    struct storm_view view;
    struct web_page page;
    if (store_storm_view(q->store, q->arena, (int64_t)token->delivery, &view, err) != OK) {
        return err->code;
    }
    web_page_begin(&page, q->arena, t->language);
    if (notice) {
        strbuf_printf(&page.out, "<p role=\"status\"><strong>%s</strong></p>", notice);
    }
    put_counts(&page, t, &view);
    if (view.open > 0) {
        struct str nonce = links_nonce(q->deps->links, q->arena, token, deps_now(q->deps));
        web_page_form(&page, nonce, t->button);
    } else {
        strbuf_printf(&page.out, "<p>%s</p>", t->over);
    }
    put_items(&page, t, &view);
    web_page_answer(&page, q->exchange, status);
    return OK;
}

enum status storm_page_act(struct query *q, const struct action_token *token, struct str actor,
                           struct str language, struct err *err)
{
    const struct phrases *t = str_eq(language, STR("ru")) ? &russian : &english;
    struct str peer = exchange_request(q->exchange)->peer;
    struct uuid *incidents;
    size_t n;
    if (store_storm_open_incidents(q->store, q->arena, (int64_t)token->delivery, AT_ONCE_MAX,
                                   &incidents, &n, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        struct responded done;
        if (respond(q->deps, q->store, q->arena, incidents[i], RESPONSE_ACKNOWLEDGE, actor,
                    STR("storm link"), 0, NULL, peer, &done, err) != OK) {
            return err->code;
        }
    }
    LOG(LOG_NOTICE, "a storm was acknowledged", KV_STR("by", actor), KV_INT("incidents", n));
    return storm_page_show(q, token, language, t->done, 200, err);
}
