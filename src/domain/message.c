#include "domain/message.h"

ENUM_DEFINE(notice_kind, NOTICE_KINDS)
ENUM_DEFINE(outcome_kind, OUTCOMES)
ENUM_DEFINE(outcome_scope, OUTCOME_SCOPES)
