#include "packages/settings.h"

#include "broker/index.h"
#include "client.h"
#include "packages/install.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <json.h>
#include <math.h>
#include <spawn.h>
#include <string.h>
#include <unistd.h>

#define PYTHON "/usr/bin/python3"
#define READ_AT_ONCE 65536
#define WITHOUT_PIP                                                                                                      \
        "Python packages cannot be installed: pip did not say which package index to use. Is the package python3-pip installed?"

extern const char settings_source[];

struct SettingsAsk {
        int pidfd, output;
        GByteArray *text;
        GSource *watch, *clock;
        SettingsFunc func;
        gpointer data;
};

void settings_free(Settings *settings)
{
        if (!settings)
                return;
        g_strfreev(settings->indexes);
        g_strfreev(settings->pages);
        g_strfreev(settings->folders);
        g_free(settings->broker);
        g_free(settings);
}

/* ---- reading */

static GStrv get_texts(json_object *all, const char *name)
{
        json_object *list;
        gsize n = json_object_object_get_ex(all, name, &list) && json_object_is_type(list, json_type_array) ? json_object_array_length(list)
                                                                                                            : 0;
        GStrv texts;

        n = MIN(n, INDEX_SOURCES_MAX / 2);
        texts = g_new0(char *, n + 1);
        for (gsize i = 0; i < n; i++)
                texts[i] = g_strdup(json_object_get_string(json_object_array_get_idx(list, i)));
        return texts;
}

/* The URL without whose it is. */
static char *anonymous(const char *url)
{
        g_autofree char *scheme = NULL, *host = NULL, *path = NULL, *query = NULL;
        int port = -1;

        if (!g_uri_split_with_user(url, G_URI_FLAGS_ENCODED, &scheme, NULL, NULL, NULL, &host, &port, &path, &query, NULL, NULL) || !host)
                return g_strdup(url);
        return g_uri_join(G_URI_FLAGS_ENCODED, scheme, NULL, host, port, path, query, NULL);
}

static GStrv all_anonymous(const char *const *urls)
{
        GStrvBuilder *out = g_strv_builder_new();
        GStrv texts;

        for (; *urls; urls++) {
                g_autofree char *url = anonymous(*urls);

                g_strv_builder_add(out, url);
        }
        texts = g_strv_builder_end(out);
        g_strv_builder_unref(out);
        return texts;
}

static void add_all(json_object *list, const char *const *texts)
{
        for (; *texts; texts++)
                json_object_array_add(list, json_object_new_string(*texts));
}

static Settings *read_settings(const char *text)
{
        json_object *all = json_tokener_parse(text), *broker, *sources, *value;
        g_auto(GStrv) indexes = NULL, pages = NULL;
        Settings *settings;

        if (!json_object_is_type(all, json_type_object)) {
                json_object_put(all);
                return NULL;
        }
        settings = g_new0(Settings, 1);
        indexes = get_texts(all, "indexes");
        pages = get_texts(all, "pages");
        settings->indexes = all_anonymous((const char *const *)indexes);
        settings->pages = all_anonymous((const char *const *)pages);
        settings->folders = get_texts(all, "folders");
        settings->stall = json_object_object_get_ex(all, "stall", &value) ? json_object_get_int(value) : 15;
        settings->stall = CLAMP(settings->stall, 1, INDEX_STALL_SECONDS_MAX);
        broker = json_object_new_object();
        sources = json_object_new_array();
        add_all(sources, (const char *const *)indexes);
        add_all(sources, (const char *const *)pages);
        json_object_object_add(broker, "sources", sources);
        json_object_object_add(broker, "stall", json_object_new_int(settings->stall));
        if (json_object_object_get_ex(all, "trusted", &value))
                json_object_object_add(broker, "trusted", json_object_get(value));
        if (json_object_object_get_ex(all, "ca", &value))
                json_object_object_add(broker, "ca", json_object_get(value));
        if (json_object_array_length(sources))
                settings->broker = g_strdup(json_object_to_json_string_ext(broker, JSON_C_TO_STRING_PLAIN));
        json_object_put(broker);
        json_object_put(all);
        return settings;
}

/* ---- asking */

void settings_drop(SettingsAsk *ask)
{
        if (!ask)
                return;
        watch_clear(&ask->watch);
        watch_clear(&ask->clock);
        pool_end(ask->pidfd);
        close(ask->output);
        g_byte_array_unref(ask->text);
        g_free(ask);
}

static void finish(SettingsAsk *ask)
{
        SettingsFunc func = ask->func;
        gpointer data = ask->data;
        Settings *settings;

        g_byte_array_append(ask->text, (const guint8 *)"", 1);
        settings = read_settings((const char *)ask->text->data);
        settings_drop(ask);
        func(settings, settings ? NULL : WITHOUT_PIP, data);
}

static gboolean output_cb(gint fd, GIOCondition condition, gpointer data)
{
        SettingsAsk *ask = data;
        char bytes[READ_AT_ONCE];
        ssize_t n = read(fd, bytes, sizeof bytes);

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return G_SOURCE_CONTINUE;
        if (n > 0 && ask->text->len + (gsize)n < INDEX_SETTINGS_MAX) {
                g_byte_array_append(ask->text, (const guint8 *)bytes, (guint)n);
                return G_SOURCE_CONTINUE;
        }
        finish(ask);
        return G_SOURCE_CONTINUE;
}

static gboolean clock_cb(gpointer data)
{
        SettingsAsk *ask = data;

        g_byte_array_set_size(ask->text, 0);
        finish(ask);
        return G_SOURCE_CONTINUE;
}

static GStrv make_environment(void)
{
        g_auto(GStrv) own = g_get_environ();
        GStrvBuilder *out = g_strv_builder_new();
        GStrv environment;

        for (char **line = own; *line; line++)
                if (g_str_has_prefix(*line, "PIP_") || g_str_has_prefix(*line, "XDG_CONFIG_") || g_str_has_prefix(*line, "HOME="))
                        g_strv_builder_add(out, *line);
        g_strv_builder_add_many(out, "PATH=/usr/bin:/bin", "LANG=C.UTF-8", NULL);
        environment = g_strv_builder_end(out);
        g_strv_builder_unref(out);
        return environment;
}

SettingsAsk *settings_ask(SettingsFunc func, gpointer data, GError **error)
{
        char *arguments[] = {(char *)PYTHON, (char *)"-I", (char *)"-B", (char *)"-c", (char *)settings_source, NULL};
        g_auto(GStrv) environment = make_environment();
        posix_spawn_file_actions_t actions;
        SettingsAsk *ask;
        int pipes[2], pidfd = -1;
        pid_t pid;

        if (pipe2(pipes, O_CLOEXEC) == 0) {
                posix_spawn_file_actions_init(&actions);
                posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
                posix_spawn_file_actions_adddup2(&actions, pipes[1], STDOUT_FILENO);
                posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
                if (posix_spawn(&pid, PYTHON, &actions, NULL, arguments, environment) == 0)
                        pidfd = pool_adopt(pid);
                posix_spawn_file_actions_destroy(&actions);
                close(pipes[1]);
                if (pidfd < 0)
                        close(pipes[0]);
        }
        if (pidfd < 0) {
                g_set_error_literal(error, SANDBOX_ERROR, SANDBOX_ERROR_PACKAGES, WITHOUT_PIP);
                return NULL;
        }
        ask = g_new0(SettingsAsk, 1);
        *ask = (SettingsAsk){.pidfd = pidfd, .output = pipes[0], .text = g_byte_array_new(), .func = func, .data = data};
        g_unix_set_fd_nonblocking(ask->output, TRUE, NULL);
        ask->watch = watch_fd(ask->output, G_IO_IN | G_IO_HUP, G_SOURCE_FUNC(output_cb), ask);
        ask->clock = watch_after(INSTALL_SETTINGS_SECONDS_MAX * 1000, clock_cb, ask);
        return ask;
}
