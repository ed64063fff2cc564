/* Reads providers from JSON. A row is checked whole before it is taken, since a person may have written it: each mistake is told with its
 * place. */
#include "provider.h"

#include <string.h>

#define BEARER "Authorization: Bearer "

struct Providers {
        GPtrArray *list; /* of Provider, owned */
};

static const char *const takes_names[PROVIDER_TAKES_COUNT] = {
#define X(id, name) name,
        PROVIDER_TAKES(X)
#undef X
};

Provider *provider_ref(const Provider *provider)
{
        Provider *own = (Provider *)provider; /* counting changes nothing that anybody reads */

        own->refs++;
        return own;
}

void provider_unref(Provider *provider)
{
        if (!provider || --provider->refs > 0)
                return;
        g_free(provider->name);
        g_free(provider->title);
        g_free(provider->base);
        g_strfreev(provider->keys);
        g_free(provider->key_header);
        g_strfreev(provider->headers);
        g_free(provider->path);
        g_free(provider->warm_path);
        g_free(provider->cap_field);
        g_free(provider->ca_file);
        g_free(provider);
}

gboolean provider_equal(const Provider *one, const Provider *other)
{
        return strcmp(one->name, other->name) == 0 && strcmp(one->title, other->title) == 0 && g_strcmp0(one->base, other->base) == 0 &&
               one->dialect == other->dialect && g_strv_equal((const char *const *)one->keys, (const char *const *)other->keys) &&
               strcmp(one->key_header, other->key_header) == 0 &&
               g_strv_equal((const char *const *)one->headers, (const char *const *)other->headers) &&
               g_strcmp0(one->path, other->path) == 0 && g_strcmp0(one->warm_path, other->warm_path) == 0 &&
               strcmp(one->cap_field, other->cap_field) == 0 && g_strcmp0(one->ca_file, other->ca_file) == 0 &&
               one->takes == other->takes && one->local == other->local && one->rehearsal == other->rehearsal;
}

Providers *providers_new(void)
{
        Providers *providers = g_new0(Providers, 1);

        providers->list = g_ptr_array_new_with_free_func((GDestroyNotify)provider_unref);
        return providers;
}

void providers_free(Providers *providers)
{
        if (!providers)
                return;
        g_ptr_array_unref(providers->list);
        g_free(providers);
}

const Provider *providers_at(const Providers *providers, guint place)
{
        return place < providers->list->len ? g_ptr_array_index(providers->list, place) : NULL;
}

const Provider *providers_find(const Providers *providers, const char *name)
{
        const Provider *provider;

        for (guint i = 0; (provider = providers_at(providers, i)); i++) {
                if (g_strcmp0(provider->name, name) == 0)
                        return provider;
        }
        return NULL;
}

gboolean providers_second_way(const Providers *providers, const Provider *provider)
{
        const Provider *other;

        for (guint i = 0; (other = providers_at(providers, i)) && other != provider; i++) {
                if (other->keys[0] && provider->keys[0] && strcmp(other->keys[0], provider->keys[0]) == 0)
                        return TRUE;
        }
        return FALSE;
}

gboolean provider_uri_is_here(GUri *uri)
{
        const char *host = uri ? g_uri_get_host(uri) : NULL;
        g_autoptr(GInetAddress) address = host ? g_inet_address_new_from_string(host) : NULL;

        return address ? g_inet_address_get_is_loopback(address) : g_strcmp0(host, "localhost") == 0;
}

/* ---- reading a row ---- */

typedef struct {
        const char *what, *name; /* the file, the row */
        GError **error;
} Place;

static gboolean wrong(const Place *place, const char *field, const char *must)
{
        g_set_error(place->error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: providers.%s.%s must be %s.", place->what, place->name, field, must);
        return FALSE;
}

static gboolean plain(const char *text)
{
        gsize length = strlen(text);

        for (gsize i = 0; i < length; i++) {
                if (g_ascii_iscntrl(text[i]))
                        return FALSE;
        }
        return length > 0 && length <= PROVIDER_TEXT_MAX && g_utf8_validate(text, length, NULL);
}

static gboolean take_text(const Place *place, const char *field, json_object *value, char **text)
{
        if (!json_object_is_type(value, json_type_string) || !plain(json_object_get_string(value)))
                return wrong(place, field, "a short text");
        g_free(*text);
        *text = g_strdup(json_object_get_string(value));
        return TRUE;
}

static gboolean take_list(const Place *place, const char *field, json_object *value, GStrv *list)
{
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

        if (!json_object_is_type(value, json_type_array))
                return wrong(place, field, "a list of texts");
        for (gsize i = 0; i < json_object_array_length(value); i++) {
                json_object *item = json_object_array_get_idx(value, i);
                if (!json_object_is_type(item, json_type_string) || !plain(json_object_get_string(item)))
                        return wrong(place, field, "a list of texts");
                g_strv_builder_add(builder, json_object_get_string(item));
        }
        g_strfreev(*list);
        *list = g_strv_builder_end(builder);
        return TRUE;
}

/* The variables are taken out of the environment, so only what is named like a key may be one. */
static gboolean take_keys(const Place *place, json_object *value, GStrv *keys)
{
        if (!take_list(place, "keys", value, keys))
                return FALSE;
        for (gsize i = 0; (*keys)[i]; i++) {
                const char *key = (*keys)[i];
                if (!g_ascii_isupper(*key) || key[strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] ||
                    !(g_str_has_suffix(key, "_API_KEY") || g_str_has_suffix(key, "_TOKEN") || g_str_has_suffix(key, "_SECRET")))
                        return wrong(place, "keys", "a list of names of environment variables such as HOUSE_API_KEY (or …_TOKEN, "
                                     "…_SECRET), never a key itself");
        }
        return TRUE;
}

static gboolean take_cap(const Place *place, json_object *value, char **cap)
{
        if (json_object_is_type(value, json_type_string) && plain(json_object_get_string(value)) &&
            strcmp(json_object_get_string(value), "max_tokens") != 0 && strcmp(json_object_get_string(value), "max_completion_tokens") != 0)
                return wrong(place, "cap", "max_tokens or max_completion_tokens");
        return take_text(place, "cap", value, cap);
}

static gboolean take_takes(const Place *place, json_object *value, guint *takes)
{
        g_auto(GStrv) names = NULL;

        if (!take_list(place, "takes", value, &names))
                return FALSE;
        *takes = 0;
        for (gsize i = 0; names[i]; i++) {
                guint bit = 0;
                while (bit < PROVIDER_TAKES_COUNT && strcmp(names[i], takes_names[bit]) != 0)
                        bit++;
                if (bit == PROVIDER_TAKES_COUNT) {
                        g_autofree char *known = g_strjoinv(", ", (char *[]) {
#define X(id, name) (char *)name,
                                PROVIDER_TAKES(X)
#undef X
                                NULL });
                        g_autofree char *must = g_strdup_printf("a list of these: %s", known);
                        return wrong(place, "takes", must);
                }
                *takes |= 1u << bit;
        }
        return TRUE;
}

static gboolean take_dialect(const Place *place, json_object *value, WireDialect *dialect)
{
        if (json_object_is_type(value, json_type_string) && wire_dialect_find(json_object_get_string(value), dialect))
                return TRUE;
        return wrong(place, "dialect", "openai, groq, diffusing, anthropic, responses or ollama");
}

static gboolean take_flag(const Place *place, const char *field, json_object *value, gboolean *flag)
{
        if (!json_object_is_type(value, json_type_boolean))
                return wrong(place, field, "true or false");
        *flag = json_object_get_boolean(value);
        return TRUE;
}

/* A path behind base: no host may slip in. */
static gboolean take_path(const Place *place, const char *field, json_object *value, char **path)
{
        if (!take_text(place, field, value, path))
                return FALSE;
        return **path == '/' && (*path)[1] != '/' ? TRUE : wrong(place, field, "a path that begins with one /");
}

gboolean provider_base_is_good(const char *base)
{
        g_autoptr(GUri) uri = g_uri_parse(base, G_URI_FLAGS_NONE, NULL);

        return uri && g_uri_get_host(uri) && *g_uri_get_host(uri) && !g_uri_get_userinfo(uri) && !g_uri_get_query(uri) &&
               !g_uri_get_fragment(uri) && (g_str_equal(g_uri_get_scheme(uri), "https") || g_str_equal(g_uri_get_scheme(uri), "http"));
}

static gboolean take_base(const Place *place, json_object *value, char **base)
{
        if (!take_text(place, "base", value, base))
                return FALSE;
        return provider_base_is_good(*base) || wrong(place, "base", "an address such as https://llm.example/v1");
}

static gboolean take_field(const Place *place, const char *field, json_object *value, Provider *provider)
{
        static const struct {
                const char *name;
                gsize offset;
                gboolean path;
        } texts[] = {
                { "title", G_STRUCT_OFFSET(Provider, title), FALSE },
                { "key_header", G_STRUCT_OFFSET(Provider, key_header), FALSE },
                { "path", G_STRUCT_OFFSET(Provider, path), TRUE },
                { "warm", G_STRUCT_OFFSET(Provider, warm_path), TRUE },
                { "ca_file", G_STRUCT_OFFSET(Provider, ca_file), FALSE },
        };

        for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
                char **text = G_STRUCT_MEMBER_P(provider, texts[i].offset);
                if (strcmp(field, texts[i].name) == 0)
                        return texts[i].path ? take_path(place, field, value, text) : take_text(place, field, value, text);
        }
        if (strcmp(field, "base") == 0)
                return take_base(place, value, &provider->base);
        if (strcmp(field, "dialect") == 0)
                return take_dialect(place, value, &provider->dialect);
        if (strcmp(field, "keys") == 0)
                return take_keys(place, value, &provider->keys);
        if (strcmp(field, "cap") == 0)
                return take_cap(place, value, &provider->cap_field);
        if (strcmp(field, "headers") == 0)
                return take_list(place, field, value, &provider->headers);
        if (strcmp(field, "takes") == 0)
                return take_takes(place, value, &provider->takes);
        if (strcmp(field, "local") == 0)
                return take_flag(place, field, value, &provider->local);
        if (strcmp(field, "rehearsal") == 0)
                return take_flag(place, field, value, &provider->rehearsal);
        return wrong(place, field, "left out: a provider has no such field");
}

static Provider *provider_copy(const char *name, const Provider *from)
{
        Provider *provider = g_new0(Provider, 1);

        *provider = from ? *from : (Provider) { .title = (char *)name, .key_header = (char *)BEARER, .cap_field = (char *)"max_tokens" };
        provider->refs = 1;
        provider->name = g_strdup(name);
        provider->title = g_strdup(provider->title);
        provider->base = g_strdup(provider->base);
        provider->keys = provider->keys ? g_strdupv(provider->keys) : g_new0(char *, 1);
        provider->key_header = g_strdup(provider->key_header);
        provider->headers = provider->headers ? g_strdupv(provider->headers) : g_new0(char *, 1);
        provider->path = g_strdup(provider->path);
        provider->warm_path = g_strdup(provider->warm_path);
        provider->cap_field = g_strdup(provider->cap_field);
        provider->ca_file = g_strdup(provider->ca_file);
        return provider;
}

static gboolean name_is_good(const char *name)
{
        gsize length = strlen(name);

        for (gsize i = 0; i < length; i++) {
                if (!g_ascii_isalnum(name[i]) && !strchr("._-", name[i]))
                        return FALSE;
        }
        return length > 0 && length <= PROVIDER_NAME_MAX;
}

/* What every server of this dialect wants, so that nobody has to know it by heart. */
static void add_defaults(Provider *provider, json_object *row)
{
        if (provider->dialect != WIRE_ANTHROPIC)
                return;
        if (!json_object_object_get_ex(row, "key_header", NULL)) {
                g_free(provider->key_header);
                provider->key_header = g_strdup(PROVIDER_ANTHROPIC_KEY);
        }
        if (!json_object_object_get_ex(row, "headers", NULL)) {
                g_strfreev(provider->headers);
                provider->headers = g_strsplit(PROVIDER_ANTHROPIC_VERSION, "\n", -1);
        }
}

/* What is wrong with an address is seen only beside the rest of the row. */
static gboolean base_suits(const Place *place, const Provider *provider)
{
        g_autoptr(GUri) uri = provider->base ? g_uri_parse(provider->base, G_URI_FLAGS_NONE, NULL) : NULL;

        if (!uri || provider_uri_is_here(uri))
                return TRUE;
        if (provider->rehearsal)
                return wrong(place, "base", "an address of this machine: recordings are played nowhere else");
        if (provider->keys[0] && strcmp(g_uri_get_scheme(uri), "http") == 0)
                return wrong(place, "base", "an https address: a key is only sent over https, or to this machine");
        return TRUE;
}

static Provider *provider_read(const Providers *providers, const Place *place, json_object *row)
{
        const Provider *known = providers_find(providers, place->name);
        Provider *provider;

        if (!name_is_good(place->name)) {
                g_set_error(place->error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: a provider's name has letters, digits, dots and dashes, at most "
                            "%d of them.", place->what, PROVIDER_NAME_MAX);
                return NULL;
        }
        if (!json_object_is_type(row, json_type_object)) {
                g_set_error(place->error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: providers.%s must be an object.", place->what, place->name);
                return NULL;
        }
        provider = provider_copy(place->name, known);
        json_object_object_foreach(row, field, value) {
                if (!take_field(place, field, value, provider)) {
                        provider_unref(provider);
                        return NULL;
                }
        }
        if (!base_suits(place, provider)) {
                provider_unref(provider);
                return NULL;
        }
        if (!known)
                add_defaults(provider, row);
        return provider;
}

static void put(GPtrArray *list, Provider *provider)
{
        for (guint i = 0; i < list->len; i++) {
                Provider *old = g_ptr_array_index(list, i);
                if (strcmp(old->name, provider->name) == 0) {
                        list->pdata[i] = provider;
                        provider_unref(old);
                        return;
                }
        }
        g_ptr_array_add(list, provider);
}

gboolean providers_add(Providers *providers, json_object *object, const char *what, GError **error)
{
        g_autoptr(GPtrArray) read = g_ptr_array_new();

        if (!json_object_is_type(object, json_type_object)) {
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: the providers must be an object.", what);
                return FALSE;
        }
        if (json_object_object_length(object) + (int)providers->list->len > PROVIDERS_MAX) {
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: there can be at most %d providers.", what, PROVIDERS_MAX);
                return FALSE;
        }
        json_object_object_foreach(object, name, row) {
                Place place = { what, name, error };
                Provider *provider = provider_read(providers, &place, row);
                if (!provider) {
                        g_ptr_array_foreach(read, (GFunc)(void (*)(void))provider_unref, NULL);
                        return FALSE;
                }
                g_ptr_array_add(read, provider);
        }
        for (guint i = 0; i < read->len; i++)
                put(providers->list, g_ptr_array_index(read, i));
        return TRUE;
}
