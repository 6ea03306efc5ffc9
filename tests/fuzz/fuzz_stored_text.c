/* What we read back from our own tables: plans, contacts, labels. Whatever was restored or edited
 * there must give an error, not a crash; what is readable must be written the same again. */
#include "wire/alert_text.h"
#include "wire/contact_text.h"
#include "wire/plan_text.h"
#include "wire/target_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_plan(struct arena *arena, struct str text)
{
    struct plan plan, again;
    struct err err = ERR_INIT;
    if (plan_parse(arena, text, &plan, &err) != OK) {
        return;
    }
    struct str first = plan_format(arena, &plan);
    CHECK(plan_parse(arena, first, &again, &err) == OK);
    CHECK(str_eq(first, plan_format(arena, &again)));
}

static void check_contacts(struct arena *arena, struct str text)
{
    struct contact *contacts;
    size_t n, n_again;
    struct err err = ERR_INIT;
    if (contacts_parse(arena, text, &contacts, &n, &err) == OK && n < 100) {
        struct str first = contacts_format(arena, contacts, n);
        CHECK(contacts_parse(arena, first, &contacts, &n_again, &err) == OK);
        CHECK(n == n_again);
    }
}

static void check_labels(struct arena *arena, struct str text)
{
    struct labels labels, again;
    struct err err = ERR_INIT;
    if (labels_parse_json(arena, text, &labels, &err) == OK) {
        struct str first = labels_format_json(arena, labels);
        CHECK(labels_parse_json(arena, first, &again, &err) == OK);
        CHECK(labels_equal(labels, again));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct target target;
    struct err err = ERR_INIT;
    struct str text = {(const char *)data, size};
    arena_init(&arena);
    check_plan(&arena, text);
    check_contacts(&arena, text);
    check_labels(&arena, text);
    if (target_parse(text, &target, &err) == OK) {
        (void)target_format(&arena, &target);
    }
    arena_release(&arena);
    return 0;
}
