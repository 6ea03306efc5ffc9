/* Any body: what is accepted has sorted labels and valid text. The first byte chooses the hint. */
#include "wire/payload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_labels(struct labels labels)
{
    for (size_t i = 0; i < labels.n; i++) {
        CHECK(labels.v[i].value.n > 0);
        CHECK(str_is_utf8(labels.v[i].name) && str_is_utf8(labels.v[i].value));
        CHECK(i == 0 || str_cmp(labels.v[i - 1].name, labels.v[i].name) < 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct arena arena;
    struct payload payload;
    struct err err = ERR_INIT;
    arena_init(&arena);
    struct str body = {(const char *)data + 1, size - 1};
    enum source_type hint = data[0] & 1 ? SOURCE_GRAFANA : SOURCE_ALERTMANAGER;
    if (payload_parse(&arena, hint, STR("fuzz"), body, &payload, &err) == OK) {
        for (size_t i = 0; i < payload.n_alerts; i++) {
            check_labels(payload.alerts[i].labels);
            check_labels(payload.alerts[i].annotations);
            CHECK(payload.alerts[i].status == ALERT_RESOLVED ||
                  payload.alerts[i].ends_at == AT_NONE);
        }
    }
    arena_release(&arena);
    return 0;
}
