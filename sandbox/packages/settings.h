/* What the person's pip is told about package indexes: asked of pip itself (settings.py), once an installation. */
#pragma once

#include <gio/gio.h>

typedef struct {
        GStrv indexes, pages;  /* URLs without names and passwords */
        GStrv folders;         /* of wheels on this machine */
        char *broker;          /* settings for the broker, with passwords (broker.h); NULL where there is nothing to reach */
        int stall;             /* seconds without a byte that are waited */
} Settings;

void settings_free(Settings *settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Settings, settings_free)

typedef struct SettingsAsk SettingsAsk;
/* settings are the caller's; NULL with message, a sentence. The ask is gone with the call. */
typedef void (*SettingsFunc)(Settings *settings, const char *message, gpointer data);
/* NULL where pip cannot be started; func is then not called. */
SettingsAsk *settings_ask(SettingsFunc func, gpointer data, GError **error);
/* func is not called any more. Accepts NULL. */
void settings_drop(SettingsAsk *ask);
