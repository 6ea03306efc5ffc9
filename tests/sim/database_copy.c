#include "sim/database_copy.h"

struct str kept(struct str old, struct str now)
{
    if (old.p == now.p && old.n == now.n) {
        return old;
    }
    return old.p && str_eq(old, now) ? old : world_str(now);
}

struct labels kept_labels(struct labels labels)
{
    world_memory_begin();
    struct labels copy = labels_dup(&world_arena, labels);
    world_memory_end();
    return copy;
}

struct contact kept_contact(struct contact old, struct contact now)
{
    return (struct contact){.channel = now.channel,
                            .address = kept(old.address, now.address),
                            .user = kept(old.user, now.user),
                            .language = kept(old.language, now.language)};
}
