#include "wire/target_text.h"

struct str target_format(struct arena *arena, const struct target *target)
{
    const char *kind = target_kind_name(target->kind);
    return target->kind == TARGET_CONSOLE
               ? str_from(kind)
               : str_printf(arena, "%s%s%.*s:%.*s", kind, target->account.n ? "/" : "",
                            STR_ARG(target->account), STR_ARG(target->name));
}

static bool is_chat_id(struct str text)
{
    uint64_t id, thread = 1;
    struct str rest = text, chat = str_cut(&rest, ':');
    return str_to_u64(str_starts_with(chat, STR("-")) ? str_slice(chat, 1, chat.n) : chat, &id) &&
           id > 0 && (!rest.p || str_to_u64(rest, &thread));
}

static enum status check_address(const struct target *target, struct err *err)
{
    struct str name = target->name;
    switch (target->kind) {
    case TARGET_SLACK:
        for (size_t i = 0; i < name.n; i++) {
            if (name.p[i] == ' ') {
                return err_set(err, ERR_SYNTAX, "a Slack channel has no spaces");
            }
        }
        return OK;
    case TARGET_TELEGRAM:
        return is_chat_id(name) || (name.p[0] == '@' && name.n > 1)
                   ? OK
                   : err_set(err, ERR_SYNTAX,
                             "\"%.*s\" is not a Telegram chat: write its number "
                             "(telegram:-1001234567890) or @channelname",
                             STR_ARG(name));
    case TARGET_EMAIL:
        return str_find(name, '@', 1) < name.n - 1
                   ? OK
                   : err_set(err, ERR_SYNTAX, "\"%.*s\" is not an email address", STR_ARG(name));
    case TARGET_USER:
    case TARGET_TEAM:
    case TARGET_SCHEDULE:
    case TARGET_WEBHOOK:
    case TARGET_CONSOLE:
        return OK;
    case target_kind_COUNT:
        break;
    }
    UNREACHABLE("target kind");
}

static bool account_is_fine(const struct target *target)
{
    bool has_accounts = target->kind == TARGET_SLACK || target->kind == TARGET_TELEGRAM ||
                        target->kind == TARGET_EMAIL;
    return has_accounts && account_name_is_valid(target->account);
}

bool account_name_is_valid(struct str name)
{
    static const char *const taken = "/:> ";
    for (size_t i = 0; taken[i]; i++) {
        if (str_find(name, taken[i], 0) != SIZE_MAX) {
            return false;
        }
    }
    return name.n > 0 && name.n <= 100;
}

enum status target_parse(struct str text, struct target *ret, struct err *err)
{
    struct str rest = text;
    struct str word = str_cut(&rest, ':'), account = word, kind = str_cut(&account, '/');
    struct target target = {.account = account.p ? account : STR_EMPTY,
                            .name = rest.p ? rest : STR_EMPTY};
    if (!target_kind_from_name(kind, &target.kind)) {
        return err_set(err, ERR_SYNTAX,
                       "\"%.*s\" is not a target: write user:NAME, team:NAME, schedule:NAME, "
                       "slack:#CHANNEL, telegram:CHAT, email:ADDRESS, webhook:NAME or console",
                       STR_ARG(text));
    }
    bool is_console = target.kind == TARGET_CONSOLE;
    if (is_console != (target.name.n == 0)) {
        return err_set(err, ERR_SYNTAX,
                       is_console ? "console takes no name" : "something has to follow \"%.*s:\"",
                       STR_ARG(word));
    }
    if (account.p && !account_is_fine(&target)) {
        return err_set(err, ERR_SYNTAX,
                       "\"%.*s\": an account is written slack/NAME:, telegram/NAME: or email/NAME:",
                       STR_ARG(word));
    }
    enum status status = check_address(&target, err);
    if (status == OK) {
        *ret = target;
    }
    return status;
}
