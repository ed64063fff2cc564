/* Reads JSON whose shape nobody vouches for. */
#include <string.h>

#include "agent/inference/wire/internal.h"

json_object *wire_get(json_object *object, const char *name)
{
        json_object *value = NULL;

        if (!json_object_is_type(object, json_type_object))
                return NULL;
        return json_object_object_get_ex(object, name, &value) ? value : NULL;
}

static json_object *get_type(json_object *object, const char *name, json_type type)
{
        json_object *value = wire_get(object, name);

        return json_object_is_type(value, type) ? value : NULL;
}

json_object *wire_object(json_object *object, const char *name)
{
        return get_type(object, name, json_type_object);
}

json_object *wire_array(json_object *object, const char *name)
{
        return get_type(object, name, json_type_array);
}

const char *wire_text(json_object *object, const char *name)
{
        json_object *value = get_type(object, name, json_type_string);

        return value ? json_object_get_string(value) : NULL;
}

double wire_number(json_object *object, const char *name)
{
        json_object *value = wire_get(object, name);

        if (json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double))
                return json_object_get_double(value);
        return 0;
}

#define DIGITS_MAX 18 /* as many as a gint64 holds in any case */

static gboolean is_digits(const char *text)
{
        gsize length = strlen(text);

        return length > 0 && length <= DIGITS_MAX && strspn(text, "0123456789") == length;
}

void wire_count(json_object *object, const char *name, gint64 *count)
{
        json_object *value = wire_get(object, name);

        if (json_object_is_type(value, json_type_string) && is_digits(json_object_get_string(value)))
                *count = g_ascii_strtoll(json_object_get_string(value), NULL, 10);
        if (json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double))
                *count = json_object_get_int64(value);
}

/* The code unit of an escape "\uXXXX" at text; -1 if it is none. */
static int code_unit(const char *text, const char *end)
{
        int unit = 0;

        if (end - text < 6 || text[0] != '\\' || text[1] != 'u')
                return -1;
        for (int i = 2; i < 6; i++) {
                if (!g_ascii_isxdigit(text[i]))
                        return -1;
                unit = unit << 4 | g_ascii_xdigit_value(text[i]);
        }
        return unit;
}

static gboolean is_high(int unit)
{
        return unit >= 0xd800 && unit < 0xdc00;
}

static gboolean is_low(int unit)
{
        return unit >= 0xdc00 && unit < 0xe000;
}

/* Copies one escape, or the byte that is none; returns how much of the text it was. */
static gsize copy_escape(GString *out, const char *at, const char *end)
{
        int unit = code_unit(at, end);

        if (is_high(unit) && is_low(code_unit(at + 6, end))) {
                g_string_append_len(out, at, 12);
                return 12;
        }
        if (is_high(unit) || is_low(unit)) {
                char bytes[] = { 0xe0 | unit >> 12, 0x80 | (unit >> 6 & 0x3f), 0x80 | (unit & 0x3f) };
                g_string_append_len(out, bytes, sizeof bytes);
                return 6;
        }
        g_string_append_len(out, at, MIN(end - at, 2));
        return MIN(end - at, 2);
}

char *wire_loosen_surrogates(const char *text, gsize length, gsize *loosened)
{
        const char *end = text + length;
        GString *out;

        if (!memmem(text, length, "\\ud", 3) && !memmem(text, length, "\\uD", 3))
                return NULL;
        out = g_string_sized_new(length);
        while (text < end) {
                const char *escape = memchr(text, '\\', end - text);
                g_string_append_len(out, text, (escape ? escape : end) - text);
                if (!escape)
                        break;
                text = escape + copy_escape(out, escape, end);
        }
        *loosened = out->len;
        return g_string_free(out, FALSE);
}
