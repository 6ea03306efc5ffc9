#pragma once
/* check — the one way to say "this cannot happen".
 *
 * CHECK aborts in every build type: a wrong page is worse than a restart, because all state is in
 * PostgreSQL and a restart loses nothing. It is for our own bugs only; bad input and remote trouble
 * are `enum status` (base/err.h).
 * Layer: base. Any thread. */

_Noreturn void check_failed(const char *file, int line, const char *what);

#define CHECK(cond) ((cond) ? (void)0 : check_failed(__FILE__, __LINE__, #cond))
#define UNREACHABLE(why) check_failed(__FILE__, __LINE__, why)

/* For fallible functions: ignoring the result does not compile. */
#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
