#pragma once
/* audit — are all timelines as they were written? Walks every incident's chain, every anchor and
 * its heads, in one snapshot of the database and in pages; whatever size the database has, it takes
 * the memory of some pages. Changes nothing. Layer: flows. */
#include "formats/anchor.h"
#include "ports/store_audit.h"

/* What is wrong with anchors and whole incidents; with timelines: enum chain_fault_kind. */
#define AUDIT_FAULTS(X)                                                                            \
    X(AUDIT_INCIDENT_DELETED, "incident_deleted")                                                  \
    X(AUDIT_INCIDENT_UNKNOWN, "incident_unknown") /* entries without their incident */             \
    X(AUDIT_ANCHOR_DELETED, "anchor_deleted")                                                      \
    X(AUDIT_ANCHOR_CHANGED, "anchor_changed")                                                      \
    X(AUDIT_ANCHOR_FORGED, "anchor_forged") /* signed by somebody else */                          \
    X(AUDIT_TRUNCATED, "truncated") /* the database ends before an anchor kept elsewhere */        \
    X(AUDIT_REWRITTEN, "rewritten") /* it has another one in its place */
ENUM_DECLARE(audit_fault_kind, AUDIT_FAULTS)

struct audit_finding {
    const char *kind;
    int64_t incident; /* its number, 0: of none, or not known */
    struct uuid incident_id;
    int64_t from_seq, to_seq; /* entries, 0: of none */
    int64_t anchor;           /* 0: none */
    struct str text;          /* the whole sentence; may hold text from alerts: clean it */
};

enum { AUDIT_FINDINGS_MAX = 1000 };

struct audit_report {
    int64_t incidents, entries, anchors;
    int64_t old_entries; /* of these, from before the chain */
    int64_t newest_anchor_at;
    bool is_signature_checked;
    VEC(struct audit_finding) findings; /* the first AUDIT_FINDINGS_MAX */
    int64_t n_findings;
};

struct audit_wish {
    const struct anchor_key *keys; /* of the installation; none: signatures are not compared */
    size_t n_keys;
    const struct anchor *anchors; /* kept elsewhere */
    size_t n_anchors;
};

MUST_CHECK enum status audit_verify(struct store *, struct arena *, const struct audit_wish *,
                                    struct audit_report *ret, struct err *);
