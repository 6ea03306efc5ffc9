#pragma once
/* thread_arena — memory that lives as long as the calling thread: for working space that is costly
 * to make and must not be shared. Not for results. Layer: base. Any thread, each its own. */
#include "base/arena.h"

/* Made on first use, released when the thread ends (the main thread's with the process). */
struct arena *thread_arena(void);
