/* Calls that the model leaves out: nobody in the simulation reads lists or receipts, makes anchors,
 * and no heartbeat is configured. Who adds a caller adds the model, and its place in the
 * conformance test. */
#include "ports/store_audit.h"
#include "ports/store_heartbeats.h"
#include "sim/database.h"

enum status store_receipt(struct store *store, struct arena *arena, struct uuid receipt,
                          struct receipt_state *ret, struct err *err)
{
    (void)store, (void)arena, (void)receipt, (void)ret, (void)err;
    UNREACHABLE("not modelled");
}

enum status store_incidents_list(struct store *store, struct arena *arena,
                                 const struct incident_filter *filter, struct incident **ret,
                                 size_t *ret_n, struct err *err)
{
    (void)store, (void)arena, (void)filter, (void)ret, (void)ret_n, (void)err;
    UNREACHABLE("not modelled");
}

enum status store_audit_refresh(struct store *store, struct err *err)
{
    (void)store, (void)err;
    UNREACHABLE("not modelled");
}

enum status store_audit_newest(struct store *store, struct arena *arena, struct audit_anchor *ret,
                               struct err *err)
{
    (void)store, (void)arena, (void)ret, (void)err;
    UNREACHABLE("not modelled");
}

enum status store_audit_heads_make(struct store *store, struct arena *arena, int64_t anchor,
                                   int64_t since_at, struct err *err)
{
    (void)store, (void)arena, (void)anchor, (void)since_at, (void)err;
    UNREACHABLE("not modelled");
}

enum status store_audit_anchor_add(struct store *store, struct arena *arena,
                                   const struct audit_anchor *anchor, struct err *err)
{
    (void)store, (void)arena, (void)anchor, (void)err;
    UNREACHABLE("not modelled");
}

enum status store_audit_anchor_heads(struct store *store, struct arena *arena, int64_t anchor,
                                     struct uuid behind, size_t max, struct chain_head **ret,
                                     size_t *ret_n, struct err *err)
{
    (void)store, (void)arena, (void)anchor, (void)behind, (void)max, (void)ret, (void)ret_n;
    (void)err;
    UNREACHABLE("not modelled");
}

enum status store_heartbeats_add(struct store *store, struct arena *arena, const struct str *names,
                                 size_t n, struct err *err)
{
    (void)store, (void)arena, (void)names, (void)n, (void)err;
    UNREACHABLE("not modelled");
}

enum status store_heartbeats(struct store *store, struct arena *arena, const struct str *names,
                             size_t n, enum heartbeat_lock lock, struct heartbeat_state **ret,
                             size_t *ret_n, struct err *err)
{
    (void)store, (void)arena, (void)names, (void)n, (void)lock, (void)ret, (void)ret_n, (void)err;
    UNREACHABLE("not modelled");
}

enum status store_heartbeats_write(struct store *store, struct arena *arena,
                                   const struct heartbeat_state *states, size_t n, struct err *err)
{
    (void)store, (void)arena, (void)states, (void)n, (void)err;
    UNREACHABLE("not modelled");
}

/* None is known, and none is configured. */
enum status store_heartbeats_differ(struct store *store, struct arena *arena,
                                    const struct str *names, size_t n, struct str config_hash,
                                    bool *ret, struct err *err)
{
    struct call c;
    (void)arena, (void)names, (void)config_hash;
    CHECK(n == 0);
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    *ret = false;
    return call_end(&c, err);
}

enum status store_heartbeats_leave(struct store *store, struct arena *arena,
                                   const struct str *names, size_t n, struct heartbeat_state **ret,
                                   size_t *ret_n, struct err *err)
{
    (void)store, (void)arena, (void)names, (void)n, (void)ret, (void)ret_n, (void)err;
    UNREACHABLE("not modelled");
}

enum status store_heartbeats_return(struct store *store, struct arena *arena,
                                    const struct str *names, size_t n, struct err *err)
{
    (void)store, (void)arena, (void)names, (void)n, (void)err;
    UNREACHABLE("not modelled");
}

enum status store_replica_seen(struct store *store, int64_t *ret_at, struct err *err)
{
    (void)store, (void)ret_at, (void)err;
    UNREACHABLE("not modelled");
}
