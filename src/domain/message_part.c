#include "domain/message_part.h"

ENUM_DEFINE(template_part, TEMPLATE_PARTS)
