#include "ports/exchange.h"

ENUM_DEFINE(http_method, HTTP_METHODS)
