#pragma once
/* heap — the few objects that outlive any arena: a thread's state, a delivery in flight, a
 * snapshot. Zeroed; out of memory aborts. Layer: base. Any thread. */
#include <stddef.h>

void *heap_alloc(size_t size);
void heap_free(void *); /* NULL is fine */

#define HEAP_NEW(T) ((T *)heap_alloc(sizeof(T)))
