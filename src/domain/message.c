#include "domain/message.h"

ENUM_DEFINE(notice_kind, NOTICE_KINDS)
ENUM_DEFINE(outcome_kind, OUTCOMES)
ENUM_DEFINE(outcome_scope, OUTCOME_SCOPES)

int notice_priority(enum notice_kind kind, struct str severity)
{
    switch (kind) {
    case NOTICE_STORM:
        return 0;
    case NOTICE_PAGE:
        return severity_is_urgent(severity) ? 0 : 1;
    case NOTICE_REMINDER:
    case NOTICE_FLAPPING:
    case NOTICE_NOTE:
    case NOTICE_ACKNOWLEDGED:
    case NOTICE_RESOLVED:
    case NOTICE_UPDATE:
    case NOTICE_RESULT:
        return 2;
    case notice_kind_COUNT:
        break;
    }
    UNREACHABLE("notice kind");
}
