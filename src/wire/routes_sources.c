/* `sources:` — who may post alerts, and how they prove it. */
#include "wire/schema.h"

struct basic_draft {
    struct str username;
    struct secrets password;
};

struct auth_draft {
    struct secrets bearer, hmac;
    const struct yaml_node *basic;
    struct str hmac_header, timestamp_header, client_subject;
};

struct source_draft {
    struct str type;
    const struct yaml_node *auth;
};

static const struct field basic_fields[] = {
    {.key = "username",
     .type = FIELD_TEXT,
     .offset = offsetof(struct basic_draft, username),
     .is_required = true,
     .help = "User name."},
    {.key = "password",
     .type = FIELD_SECRETS,
     .offset = offsetof(struct basic_draft, password),
     .is_required = true,
     .help = "Password; a list of two while it is being changed."},
};
static SCHEMA_DEFINE(schema_basic, "basic", basic_fields);

static const struct field auth_fields[] = {
    {.key = "bearer",
     .type = FIELD_SECRETS,
     .offset = offsetof(struct auth_draft, bearer),
     .help = "Token of an Authorization: Bearer header; a list of two while it is being changed."},
    {.key = "basic",
     .type = FIELD_NODE,
     .offset = offsetof(struct auth_draft, basic),
     .schema = &schema_basic,
     .help = "User name and password (HTTP basic)."},
    {.key = "hmac",
     .type = FIELD_SECRETS,
     .offset = offsetof(struct auth_draft, hmac),
     .help = "Key of Grafana's HMAC signature; needs timestamp_header."},
    {.key = "signature_header",
     .type = FIELD_TEXT,
     .offset = offsetof(struct auth_draft, hmac_header),
     .fallback = "X-Grafana-Alerting-Signature",
     .help = "Header that carries the HMAC signature."},
    {.key = "timestamp_header",
     .type = FIELD_TEXT,
     .offset = offsetof(struct auth_draft, timestamp_header),
     .help = "Header that carries the signed time; without it an old request could be repeated."},
    {.key = "client_subject",
     .type = FIELD_TEXT,
     .offset = offsetof(struct auth_draft, client_subject),
     .help = "Common name of a TLS client certificate."},
};
SCHEMA_DEFINE(schema_auth, "auth", auth_fields);

static const struct field source_fields[] = {
    {.key = "type",
     .type = FIELD_TEXT,
     .shape = "alertmanager or grafana",
     .offset = offsetof(struct source_draft, type),
     .is_required = true,
     .help = "What sends; bodies are told apart by content, this decides doubtful ones."},
    {.key = "auth",
     .type = FIELD_NODE,
     .shape = "map, or none",
     .offset = offsetof(struct source_draft, auth),
     .schema = &schema_auth,
     .is_required = true,
     .help = "Any one of the ways given is enough; none accepts everything, on loopback only."},
};
SCHEMA_DEFINE(schema_source, "source", source_fields);

static struct str lower(struct binder *b, struct str text)
{
    char *copy = str_c(b->arena, text);
    for (size_t i = 0; i < text.n; i++) {
        copy[i] = copy[i] >= 'A' && copy[i] <= 'Z' ? (char)(copy[i] | 0x20) : copy[i];
    }
    return (struct str){copy, text.n};
}

void bind_auth(struct binder *b, const struct yaml_node *node, struct source *source)
{
    struct auth_draft draft = {0};
    struct basic_draft basic = {.username = STR_EMPTY};
    if (node->kind == YAML_SCALAR && str_eq(node->text, STR("none"))) {
        source->is_open = true;
        return;
    }
    if (!schema_bind(b, &schema_auth, node, &draft)) {
        return;
    }
    if (draft.basic) {
        (void)schema_bind(b, &schema_basic, draft.basic, &basic);
    }
    bool has_hmac = yaml_get(node, STR("hmac")) != NULL;
    if (has_hmac && draft.timestamp_header.n == 0) {
        bind_error(b, yaml_key(node, STR("hmac")),
                   STR("add timestamp_header: X-Grafana-Alerting-Timestamp, here and in Grafana"),
                   "hmac needs \"timestamp_header\": without a time a request could be repeated");
    }
    if (!has_hmac && !yaml_get(node, STR("bearer")) && !draft.basic &&
        draft.client_subject.n == 0) {
        bind_error(b, node, STR("add bearer: !env NAME, or write auth: none"),
                   "auth needs bearer, basic, hmac or client_subject");
    }
    source->bearer = draft.bearer;
    source->basic_user = basic.username;
    source->basic_password = basic.password;
    source->hmac = draft.hmac;
    source->hmac_header = lower(b, draft.hmac_header);
    source->timestamp_header = lower(b, draft.timestamp_header);
    source->client_subject = draft.client_subject;
}

static bool is_path_name(struct str name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_')) {
            return false;
        }
    }
    return name.n <= 64;
}

void bind_path_name(struct binder *b, const struct yaml_node *at, const char *what, struct str name)
{
    if (!is_path_name(name)) {
        bind_error(b, at, STR("use letters, digits, - and _"),
                   "%s \"%.*s\" cannot be part of a web address", what, STR_ARG(name));
    }
}

struct source bind_new_source(struct str name, struct str where)
{
    return (struct source){
        .name = name,
        .where = where,
        .basic_user = STR_EMPTY,
        .hmac_header = STR_EMPTY,
        .timestamp_header = STR_EMPTY,
        .client_subject = STR_EMPTY,
    };
}

static void bind_source(struct binder *b, const struct entry *entry, struct source *source)
{
    struct source_draft draft = {0};
    *source = bind_new_source(entry->name, bind_where(b, entry->key));
    bind_path_name(b, entry->key, "source", entry->name);
    if (!schema_bind(b, &schema_source, entry->node, &draft)) {
        return;
    }
    const struct yaml_node *type = yaml_get(entry->node, STR("type"));
    if (type && draft.type.n && !source_type_from_name(draft.type, &source->type)) {
        bind_error(b, type, STR("write alertmanager or grafana"), "source type \"%.*s\" is unknown",
                   STR_ARG(draft.type));
    }
    if (draft.auth) {
        bind_auth(b, draft.auth, source);
    }
}

void bind_sources(struct binder *b)
{
    const struct entries *entries = &b->sections.sources;
    struct source *sources = ARENA_ARRAY(b->arena, struct source, entries->n);
    for (size_t i = 0; i < entries->n; i++) {
        b->file = entries->v[i].file;
        bind_source(b, &entries->v[i], &sources[i]);
    }
    b->settings->sources = sources;
    b->settings->n_sources = entries->n;
}
