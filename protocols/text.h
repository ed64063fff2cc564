/* Untrusted text: what a person may send, and what may be shown of what a model said. */
#pragma once

#include <glib.h>
#include <json.h>

typedef enum {
        TEXT_ERROR_EMPTY,
        TEXT_ERROR_TOO_LONG,
        TEXT_ERROR_NUL,
        TEXT_ERROR_ENCODING,
} TextError;

#define TEXT_JSON_DEPTH_MAX 64

#define TEXT_ERROR text_error_quark()
GQuark text_error_quark(void);

/* Checks a person's sentence: UTF-8, no NUL, not empty after trimming, at most API_SENTENCE_MAX bytes. Returns it trimmed, with the
 * invisible bidirectional controls (overrides, isolates, embeddings) taken out; NULL and a sentence a person can act on otherwise. Free
 * with g_free(). */
char *text_sentence(const char *bytes, gssize length, GError **error);

/* Makes any bytes fit to be shown on one line: invalid UTF-8 becomes U+FFFD, control and bidirectional control characters go, white space
 * is one space, and what is longer than max_characters ends in an ellipsis. Never NULL. Free with g_free(). */
char *text_plain(const char *bytes, gsize max_characters);

/* The bytes of a file as valid UTF-8, at most max of them; "" of an empty one, NULL of NULL. Free with g_free(). */
char *text_of_bytes(GBytes *bytes, gsize max);

/* A slug for identifiers: [a-z0-9-], at most max bytes, never empty ("app" where nothing is left). Free with g_free(). */
char *text_slug(const char *text, gsize max);

/* Reads one JSON value, UTF-8 checked, nesting bounded; nothing but white space may follow it. NULL and G_IO_ERROR_INVALID_DATA, a
 * sentence that says where it broke, otherwise; so a bare `null` is an error too. The caller owns the value. */
json_object *text_json(const char *bytes, gsize length, GError **error);
