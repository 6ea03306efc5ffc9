/* transfer_probe — one outbound request through the real adapter, for test_smtp.py. With an
 * http(s) URL it is a POST and FROM and TO do not matter.
 *
 *     transfer_probe URL FROM TO [user=NAME] [password=WORD] [ca=FILE] [plaintext] [twice] <
 * MESSAGE
 *
 * Prints one line: end, status, and what the reply says, or "refused" and the reason. */
#include "adapters/curl_client.h"

#include <stdio.h>
#include <string.h>

static const char *const end_names[] = {
    [TRANSFER_REPLIED] = "replied", [TRANSFER_NOT_SENT] = "not_sent", [TRANSFER_BROKEN] = "broken"};

static void on_done(void *arg, const struct transfer_reply *reply)
{
    (void)arg;
    printf("%s %d|%.*s|%.*s\n", end_names[reply->end], reply->status, STR_ARG(reply->body),
           STR_ARG(reply->detail));
}

static struct str read_message(struct arena *arena)
{
    struct strbuf text;
    strbuf_init(&text, arena, 4 * 1024 * 1024);
    char block[4096];
    size_t n;
    while ((n = fread(block, 1, sizeof(block), stdin)) > 0) {
        strbuf_add(&text, (struct str){block, n});
    }
    return strbuf_str(&text);
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        return 2;
    }
    struct arena arena;
    arena_init(&arena);
    struct secret *password = NULL;
    int times = 1;
    bool is_http = str_starts_with(str_from(argv[1]), STR("http"));
    struct transfer_request request = {.kind = is_http ? TRANSFER_HTTP : TRANSFER_SMTP,
                                       .method = STR("POST"),
                                       .url = str_from(argv[1]),
                                       .mail_from = str_from(argv[2]),
                                       .mail_to = str_from(argv[3]),
                                       .is_private_allowed = true,
                                       .timeout_us = 3 * US_PER_S};
    for (int i = 4; i < argc; i++) {
        struct str rest = str_from(argv[i]);
        struct str name = str_cut(&rest, '=');
        if (str_eq(name, STR("user"))) {
            request.username = rest;
        } else if (str_eq(name, STR("password"))) {
            password = secret_new(rest);
        } else if (str_eq(name, STR("ca"))) {
            request.ca_file = rest;
        } else if (str_eq(name, STR("plaintext"))) {
            request.is_plaintext_allowed = true;
        } else if (str_eq(name, STR("twice"))) {
            times = 2;
        }
    }
    request.password = password;
    request.body = read_message(&arena);
    struct transfers_settings settings = {0};
    struct transfers *transfers = NULL;
    struct err err = ERR_INIT;
    if (transfers_new(&settings, &transfers, &err) != OK) {
        return 2;
    }
    for (int i = 0; i < times; i++) {
        if (transfer_submit(transfers, &request, on_done, NULL, &err) != OK) {
            printf("refused 0||%s\n", err.detail);
        }
        while (transfers_in_flight(transfers) > 0) {
            transfers_run(transfers, US_PER_S);
        }
        request.ca_file = STR_EMPTY; /* the second time without the extra trust */
    }
    transfers_free(transfers);
    secret_free(password);
    arena_release(&arena);
    return 0;
}
