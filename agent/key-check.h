/* Whether a provider takes a key, asked of the provider itself. */
#pragma once

#include <glib.h>

#include "agent/inference/provider.h"

#define KEY_CHECK_SECONDS 8 /* at most this long for one list of models */

typedef enum {
        KEY_TAKEN,   /* it listed its models to this key, and not to nobody */
        KEY_REFUSED, /* it said that it does not know this key */
        KEY_UNKNOWN, /* it did not say: it cannot be reached, has no such list, or shows it to everybody */
} KeyVerdict;

/* sentence: why it is refused or unknown, for people, without the key; NULL if it is taken. Lives for the call. */
typedef void (*KeyCheckFunc)(KeyVerdict verdict, const char *sentence, gpointer user_data);

/* Asks for the provider's list of models with the key, then without. Both are copied; a key that can be none is refused. func is called
 * once, never before this has returned. */
void key_check(const Provider *provider, const char *key, KeyCheckFunc func, gpointer user_data);
