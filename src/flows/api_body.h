#pragma once
/* api_body — what handlers of the API read: a JSON object, an incident, somebody to tell.
 * Layer: flows; private to api_*.c. Query threads. */
#include "domain/settings.h"
#include "flows/routes.h"
#include "formats/json_view.h"

/* ERR_INVALID, with the sentence for the caller. */
enum status api_bad(struct err *, const char *what);
/* The body as a JSON object; an empty body is an empty object. */
MUST_CHECK enum status api_body(struct query *, struct json_view *ret, struct err *);
/* A member as text, "" if absent; false if it is there and not a string. */
bool api_text(struct query *, struct json_view body, const char *key, struct str *ret);
/* The incident of the path, by uuid or by number, as people say it. */
MUST_CHECK enum status api_incident(struct query *, struct incident *ret, struct err *);
/* The one that the body names by its number or uuid, which may be of none. ERR_INVALID. */
MUST_CHECK enum status api_incident_of(struct query *, struct json_view body, const char *key,
                                       struct uuid *ret, struct err *);
/* "slack:#alerts", "user:anna", "team:db": one target as in the routing files, reached through the
 * same directory: at least one addressee. `key` is what the caller calls it. */
MUST_CHECK enum status api_addressees(struct query *, const struct settings *, const char *key,
                                      struct str text, struct addressees *ret, struct err *);
