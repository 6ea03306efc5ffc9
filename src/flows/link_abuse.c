#include "flows/link_abuse.h"

#include "base/time_units.h"

#include <pthread.h>

enum { SLOTS = 1024 };

struct slot {
    uint64_t address; /* hash */
    int64_t minute;
    unsigned count;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct slot slots[SLOTS];
static struct slot all;

static unsigned count_up(struct slot *slot, uint64_t address, int64_t minute)
{
    if (slot->address != address || slot->minute != minute) {
        *slot = (struct slot){.address = address, .minute = minute};
    }
    return ++slot->count;
}

bool link_abuse_note(struct str address, int64_t now_us)
{
    uint64_t hash = str_hash(address);
    int64_t minute = now_us / US_PER_MIN;
    pthread_mutex_lock(&lock);
    bool is_over = count_up(&slots[hash % SLOTS], hash, minute) > LINK_ABUSE_PER_ADDRESS;
    is_over |= count_up(&all, 0, minute) > LINK_ABUSE_TOTAL;
    pthread_mutex_unlock(&lock);
    return is_over;
}
