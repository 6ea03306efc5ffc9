#include "wire/contact_text.h"

#include "base/vec.h"
#include "formats/json_scan.h"
#include "formats/json_view.h"
#include "formats/json_write.h"

enum { TEXT_MAX = 64 * 1024 };

struct str contacts_format(struct arena *arena, const struct contact *contacts, size_t n)
{
    struct strbuf out;
    struct json_writer json;
    if (n == 0) {
        return STR("[]");
    }
    strbuf_init(&out, arena, TEXT_MAX);
    json_begin(&json, &out);
    json_begin_array(&json);
    for (size_t i = 0; i < n; i++) {
        json_begin_object(&json);
        json_put_str(&json, "channel", str_from(channel_kind_name(contacts[i].channel)));
        json_put_str(&json, "address", contacts[i].address);
        json_put_str(&json, "user", contacts[i].user);
        json_put_str(&json, "language", contacts[i].language);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_end(&json);
    CHECK(!out.is_full);
    return strbuf_str(&out);
}

static bool read_contact(struct arena *arena, struct json_view item, struct contact *ret)
{
    struct json_object members = json_view_object(arena, item);
    struct str key, channel = STR_EMPTY;
    struct json_view value;
    *ret = (struct contact){.address = STR_EMPTY, .user = STR_EMPTY, .language = STR_EMPTY};
    while (json_object_next(&members, &key, &value)) {
        struct str *field = str_eq(key, STR("channel"))    ? &channel
                            : str_eq(key, STR("address"))  ? &ret->address
                            : str_eq(key, STR("user"))     ? &ret->user
                            : str_eq(key, STR("language")) ? &ret->language
                                                           : NULL;
        if (field && !json_view_string(arena, value, field)) {
            return false;
        }
    }
    return channel_kind_from_name(channel, &ret->channel);
}

enum status contacts_parse(struct arena *arena, struct str text, struct contact **ret,
                           size_t *ret_n, struct err *err)
{
    VEC(struct contact) contacts = {0};
    struct str copy = str_dup(arena, text);
    struct json_view item;
    if (json_scan(copy, NULL, err) != OK) {
        return err_wrap(err, "contacts");
    }
    struct json_array items = json_view_array(json_view_of(copy));
    while (json_array_next(&items, &item)) {
        struct contact contact;
        if (!read_contact(arena, item, &contact)) {
            return err_set(err, ERR_INVALID, "a contact is not readable");
        }
        VEC_PUSH(arena, &contacts, contact);
    }
    *ret = contacts.v;
    *ret_n = contacts.n;
    return OK;
}
