#include "domain/chain.h"

#include <string.h>

static char *put_be(char *p, uint64_t value, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--) {
        p[i] = (char)(value & 0xff);
        value >>= 8;
    }
    return p + bytes;
}

static void add_number(struct digest *digest, int64_t value)
{
    char bytes[8];
    put_be(bytes, (uint64_t)value, sizeof(bytes));
    digest_add(digest, (struct str){bytes, sizeof(bytes)});
}

static struct str bytes_of(const void *p, size_t n)
{
    return (struct str){p, n};
}

void chain_add(uint8_t chain[CHAIN_BYTES], const struct chain_entry *entry)
{
    struct digest digest;
    digest_init(&digest, CHAIN_BYTES);
    digest_add(&digest, bytes_of(chain, CHAIN_BYTES));
    digest_add(&digest, bytes_of(entry->incident.b, sizeof(entry->incident.b)));
    add_number(&digest, entry->seq);
    add_number(&digest, entry->at);
    add_number(&digest, entry->cycle);
    digest_add(&digest, entry->kind);
    digest_add(&digest, entry->actor);
    digest_add(&digest, entry->facts);
    digest_end(&digest, chain);
}

static void add_old_text(struct digest_sha256 *digest, struct str text)
{
    char length[4];
    put_be(length, text.n, sizeof(length));
    digest_sha256_add(digest, bytes_of(length, sizeof(length)));
    digest_sha256_add(digest, text);
}

/* As the migration has it (NNNN_audit.sql): int8send, int4send, and texts behind their length. */
void chain_old_add(struct digest_sha256 *digest, const struct chain_entry *entry)
{
    char numbers[20];
    char *p = put_be(numbers, (uint64_t)entry->seq, 8);
    p = put_be(p, (uint64_t)entry->at, 8);
    put_be(p, (uint64_t)entry->cycle, 4);
    digest_sha256_add(digest, bytes_of(numbers, sizeof(numbers)));
    add_old_text(digest, entry->kind);
    add_old_text(digest, entry->actor);
    add_old_text(digest, entry->facts);
}

void chain_root_init(struct chain_root *root, int64_t number, int64_t at,
                     const uint8_t previous[CHAIN_BYTES])
{
    root->n = 0;
    digest_init(&root->digest, CHAIN_BYTES);
    digest_add(&root->digest, bytes_of(previous, CHAIN_BYTES));
    add_number(&root->digest, number);
    add_number(&root->digest, at);
}

void chain_root_add(struct chain_root *root, const struct chain_head *head)
{
    digest_add(&root->digest, bytes_of(head->incident.b, sizeof(head->incident.b)));
    add_number(&root->digest, head->seq);
    digest_add(&root->digest, bytes_of(head->hash, CHAIN_BYTES));
    root->n++;
}

void chain_root_end(struct chain_root *root, uint8_t out[CHAIN_BYTES])
{
    add_number(&root->digest, root->n);
    digest_end(&root->digest, out);
}
