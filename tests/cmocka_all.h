#pragma once
/* cmocka_all — what cmocka wants included before itself, in its order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"

#define assert_str_is(s, expected)                                                                 \
    do {                                                                                           \
        struct str got_ = (s);                                                                     \
        assert_int_equal(got_.n, strlen(expected));                                                \
        assert_memory_equal(got_.n ? got_.p : "", expected, got_.n);                               \
    } while (0)
