#pragma once
/* enum_names — one list makes an enum, its names and its count, so that they cannot drift apart.
 *
 *     #define INCIDENT_STATES(X) X(INCIDENT_OPEN, "open") X(INCIDENT_RESOLVED, "resolved")
 *     ENUM_DECLARE(incident_state, INCIDENT_STATES)       in the header
 *     ENUM_DEFINE(incident_state, INCIDENT_STATES)        in the .c file
 *
 * gives `enum incident_state`, `incident_state_COUNT`, `incident_state_name(e)` (aborts for a value
 * that is not in the list) and `incident_state_from_name(name, &e)` (false if unknown).
 * Names that are stored equal the CHECK constraints in migrations/; a test compares them.
 * Layer: base. */
#include "base/str.h"

#define ENUM_MEMBER_(id, name) id,
#define ENUM_CASE_(id, name) [id] = name,

#define ENUM_DECLARE(type, LIST)                                                                   \
    enum type { LIST(ENUM_MEMBER_) type##_COUNT };                                                 \
    const char *type##_name(enum type);                                                            \
    bool type##_from_name(struct str name, enum type *ret);

#define ENUM_DEFINE(type, LIST)                                                                    \
    static const char *const type##_names_[] = {LIST(ENUM_CASE_)};                                 \
    const char *type##_name(enum type e)                                                           \
    {                                                                                              \
        CHECK((unsigned)e < type##_COUNT);                                                         \
        return type##_names_[e];                                                                   \
    }                                                                                              \
    bool type##_from_name(struct str name, enum type *ret)                                         \
    {                                                                                              \
        for (unsigned i = 0; i < type##_COUNT; i++) {                                              \
            if (str_eq(name, str_from(type##_names_[i]))) {                                        \
                *ret = (enum type)i;                                                               \
                return true;                                                                       \
            }                                                                                      \
        }                                                                                          \
        return false;                                                                              \
    }
