#include "base/heap.h"

#include <stdio.h>
#include <stdlib.h>

void *heap_alloc(size_t size)
{
    void *p = calloc(1, size);
    if (!p) {
        fprintf(stderr, "alertify: out of memory (%zu bytes)\n", size);
        abort();
    }
    return p;
}

void heap_free(void *p)
{
    free(p);
}
