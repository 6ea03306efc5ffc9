#include "flows/storm_page.h"

#include "base/log.h"
#include "flows/respond.h"
#include "flows/web_page.h"

enum { AT_ONCE_MAX = 500 };

enum status storm_page_show(struct query *q, const struct action_token *token, struct str language,
                            const char *said, int status, struct err *err)
{
    struct message message = {.kind = NOTICE_STORM,
                              .to = {.language = language},
                              .now_at = deps_now(q->deps),
                              .opened_at = AT_NONE,
                              .acked_at = AT_NONE,
                              .snoozed_until = AT_NONE,
                              .resolved_at = AT_NONE};
    struct template_page page = {.nonce = STR_EMPTY};
    if (store_storm_view(q->store, q->arena, (int64_t)token->delivery, &message.storm, err) != OK) {
        return err->code;
    }
    if (message.storm.open > 0) {
        page.nonce = links_nonce(q->deps->links, q->arena, token, message.now_at);
    }
    const struct snapshot *snapshot = configuration_ref(q->deps->configuration);
    enum status answered =
        web_page_answer(q, snapshot, PART_STORM_PAGE, &message, &page, said, status, err);
    configuration_unref(snapshot);
    return answered;
}

enum status storm_page_act(struct query *q, const struct action_token *token, struct str actor,
                           struct str language, struct err *err)
{
    struct str peer = exchange_request(q->exchange)->peer;
    struct told_cycle *told;
    size_t n;
    if (store_storm_open_incidents(q->store, q->arena, (int64_t)token->delivery, AT_ONCE_MAX, &told,
                                   &n, err) != OK) {
        return err->code;
    }
    const struct response response = {
        .kind = RESPONSE_ACKNOWLEDGE, .actor = actor, .through = STR("storm link")};
    for (size_t i = 0; i < n; i++) {
        struct responded done;
        /* Meanwhile it may have ended and begun anew, which nobody has seen yet. */
        if (respond(q->deps, q->store, q->arena, told[i].incident, &response, told[i].cycle, NULL,
                    peer, &done, err) != OK) {
            return err->code;
        }
    }
    LOG(LOG_NOTICE, "a storm was acknowledged", KV_STR("by", actor), KV_INT("incidents", n));
    return storm_page_show(q, token, language, "done_all", 200, err);
}
