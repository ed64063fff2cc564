/* The world of the attacks; see world.h. */
#include "tests/apps/world.h"

#include <fcntl.h>
#include <gio/gio.h>
#include <stdlib.h>
#include <string.h>

#define DNS_HEAD 12
#define DATAGRAM_MAX 1500

static GSocket *web, *names;
static guint web_source, names_source;
static GPtrArray *heard;

/* The page with which W13 goes on once it has left. */
static const char remote_page[] = "<!doctype html><script>try { webkit.messageHandlers.bridge.postMessage('from afar') } catch (e) "
        "{}</script>ok";

static GSocket *take(const char *variable)
{
        const char *text = g_getenv(variable);
        g_autoptr(GError) error = NULL;
        GSocket *socket;

        g_assert_nonnull(text);
        socket = g_socket_new_from_fd(atoi(text), &error);
        g_assert_no_error(error);
        fcntl(atoi(text), F_SETFD, FD_CLOEXEC);
        return socket;
}

static void hear(const char *format, const char *text, gsize length)
{
        g_autofree char *what = g_strndup(text, length);

        g_ptr_array_add(heard, g_strdup_printf(format, what));
}

static gboolean request_cb(GSocket *socket, GIOCondition condition, gpointer user_data)
{
        char request[DATAGRAM_MAX];
        gssize got = g_socket_receive(socket, request, sizeof request, NULL, NULL);
        g_autofree char *answer = NULL;

        if (got > 0) {
                hear("%s", request, strcspn(request, "\r\n") < (gsize)got ? strcspn(request, "\r\n") : (gsize)got);
                answer = g_strdup_printf("HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Type: "
                                         "text/html\r\nContent-Length: %zu\r\n"
                                         "Connection: close\r\n\r\n%s", strlen(remote_page), remote_page);
                g_socket_send(socket, answer, strlen(answer), NULL, NULL);
        }
        g_socket_close(socket, NULL);
        return G_SOURCE_REMOVE;
}

static gboolean accept_cb(GSocket *socket, GIOCondition condition, gpointer user_data)
{
        GSocket *peer = g_socket_accept(socket, NULL, NULL);
        GSource *source;

        if (!peer)
                return G_SOURCE_CONTINUE;
        g_ptr_array_add(heard, g_strdup("connection"));
        source = g_socket_create_source(peer, G_IO_IN | G_IO_HUP, NULL);
        g_source_set_callback(source, G_SOURCE_FUNC(request_cb), NULL, NULL);
        g_source_attach(source, NULL);
        g_source_unref(source);
        g_object_unref(peer);
        return G_SOURCE_CONTINUE;
}

/* The name asked for, with dots. */
static char *asked_name(const guint8 *datagram, gsize length)
{
        GString *name = g_string_new(NULL);

        for (gsize at = DNS_HEAD; at < length && datagram[at] && at + 1 + datagram[at] <= length; at += 1 + datagram[at]) {
                if (name->len)
                        g_string_append_c(name, '.');
                g_string_append_len(name, (const char *)datagram + at + 1, datagram[at]);
        }
        return g_string_free(name, FALSE);
}

/* Every name's address is 127.0.0.1; there is none of another kind. */
static gsize answer_name(guint8 *datagram, gsize length)
{
        static const guint8 record[] = {0xC0, DNS_HEAD, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1};
        gsize end = DNS_HEAD;
        gboolean address;

        while (end < length && datagram[end])
                end += 1 + datagram[end];
        end += 5;
        if (end > length || end + sizeof record > DATAGRAM_MAX)
                return 0;
        address = datagram[end - 3] == 1;
        datagram[2] = 0x81;
        datagram[3] = 0x80;
        memset(datagram + 6, 0, 6);
        datagram[7] = address;
        memcpy(datagram + end, record, sizeof record);
        return address ? end + sizeof record : end;
}

static gboolean name_cb(GSocket *socket, GIOCondition condition, gpointer user_data)
{
        guint8 datagram[DATAGRAM_MAX];
        g_autoptr(GSocketAddress) from = NULL;
        gssize got = g_socket_receive_from(socket, &from, (char *)datagram, sizeof datagram, NULL, NULL);
        g_autofree char *name = got > DNS_HEAD ? asked_name(datagram, (gsize)got) : NULL;
        gsize length;

        if (!name)
                return G_SOURCE_CONTINUE;
        g_ptr_array_add(heard, g_strdup_printf("name %s", name));
        length = answer_name(datagram, (gsize)got);
        if (length)
                g_socket_send_to(socket, from, (const char *)datagram, length, NULL, NULL);
        return G_SOURCE_CONTINUE;
}

static guint watch(GSocket *socket, gboolean (*callback)(GSocket *, GIOCondition, gpointer))
{
        GSource *source = g_socket_create_source(socket, G_IO_IN, NULL);
        guint id;

        g_socket_set_blocking(socket, FALSE);
        g_source_set_callback(source, G_SOURCE_FUNC(callback), NULL, NULL);
        id = g_source_attach(source, NULL);
        g_source_unref(source);
        return id;
}

void world_start(void)
{
        heard = g_ptr_array_new_with_free_func(g_free);
        web = take("IMPROMPTU_TEST_WEB");
        names = take("IMPROMPTU_TEST_NAMES");
        web_source = watch(web, accept_cb);
        names_source = watch(names, name_cb);
}

void world_stop(void)
{
        g_source_remove(web_source);
        g_source_remove(names_source);
        g_object_unref(web);
        g_object_unref(names);
        g_ptr_array_unref(heard);
}

gboolean world_is_offline(void)
{
        return g_getenv("IMPROMPTU_TEST_OFFLINE") != NULL;
}

gboolean world_heard(const char *text)
{
        for (guint i = 0; i < heard->len; i++) {
                if (strstr(heard->pdata[i], text))
                        return TRUE;
        }
        return FALSE;
}

guint world_count(void)
{
        return heard->len;
}

const char *world_last(void)
{
        return heard->len ? heard->pdata[heard->len - 1] : "nothing";
}

void world_forget(void)
{
        g_ptr_array_set_size(heard, 0);
}

char *world_fill(const char *text, const char *name)
{
        GString *whole = g_string_new(text);
        g_autofree char *host = g_strdup_printf("%s.attack.test", name);
        g_autofree char *place = g_strdup_printf("%s:%s/%s", host, g_getenv("IMPROMPTU_TEST_PORT"), name);
        g_autofree char *url = g_strconcat("http://", place, NULL), *ws = g_strconcat("ws://", place, NULL);

        g_string_replace(whole, "@URL@", url, 0);
        g_string_replace(whole, "@WS@", ws, 0);
        g_string_replace(whole, "@HOST@", host, 0);
        return g_string_free(whole, FALSE);
}

/* A view without a defence. */

static void scheme_cb(WebKitURISchemeRequest *request, gpointer user_data)
{
        Bare *bare = user_data;
        const char *text = g_hash_table_lookup(bare->pages, strchr(webkit_uri_scheme_request_get_uri(request), ':') + 1);
        g_autoptr(GInputStream) stream = g_memory_input_stream_new_from_data(g_strdup(text ? text : ""), -1, g_free);

        webkit_uri_scheme_request_finish(request, stream, text ? (gint64)strlen(text) : 0, "text/html; charset=utf-8");
}

static void bridge_cb(WebKitUserContentManager *manager, WebKitJavascriptResult *result, gpointer user_data)
{
        g_autofree char *text = jsc_value_to_string(webkit_javascript_result_get_js_value(result));

        g_string_append_printf(((Bare *)user_data)->messages, "%s\n", text);
}

static gboolean dialog_cb(WebKitWebView *view, WebKitScriptDialog *dialog, gpointer user_data)
{
        ((Bare *)user_data)->dialogs++;
        return TRUE;
}

static gboolean print_cb(WebKitWebView *view, WebKitPrintOperation *operation, gpointer user_data)
{
        ((Bare *)user_data)->prints++;
        return TRUE;
}

static gboolean chooser_cb(WebKitWebView *view, WebKitFileChooserRequest *request, gpointer user_data)
{
        ((Bare *)user_data)->choosers++;
        webkit_file_chooser_request_cancel(request);
        return TRUE;
}

static gboolean permission_cb(WebKitWebView *view, WebKitPermissionRequest *request, gpointer user_data)
{
        ((Bare *)user_data)->permissions++;
        webkit_permission_request_deny(request);
        return TRUE;
}

static void download_cb(WebKitWebContext *context, WebKitDownload *download, gpointer user_data)
{
        ((Bare *)user_data)->downloads++;
        webkit_download_cancel(download);
}

static void load_cb(WebKitWebView *view, WebKitLoadEvent event, gpointer user_data)
{
        if (event == WEBKIT_LOAD_FINISHED)
                ((Bare *)user_data)->finished++;
}

static gboolean failed_cb(WebKitWebView *view, WebKitLoadEvent event, const char *uri, GError *error, gpointer user_data)
{
        ((Bare *)user_data)->failed++;
        return TRUE;
}

static WebKitWebContext *bare_context(Bare *bare, const char *folder)
{
        g_autoptr(WebKitWebsiteDataManager) data = folder ? webkit_website_data_manager_new("base-data-directory", folder,
                                                                                            "base-cache-directory", folder, NULL)
                                                          : webkit_website_data_manager_new_ephemeral();
        WebKitWebContext *context = webkit_web_context_new_with_website_data_manager(data);

        webkit_web_context_set_sandbox_enabled(context, TRUE);
        webkit_web_context_register_uri_scheme(context, "app", scheme_cb, bare, NULL);
        webkit_security_manager_register_uri_scheme_as_cors_enabled(webkit_web_context_get_security_manager(context), "app");
        g_signal_connect(context, "download-started", G_CALLBACK(download_cb), bare);
        return context;
}

Bare *bare_new(const char *folder)
{
        Bare *bare = g_new0(Bare, 1);
        g_autoptr(WebKitWebContext) context = bare_context(bare, folder);
        g_autoptr(WebKitUserContentManager) manager = webkit_user_content_manager_new();

        bare->pages = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        bare->messages = g_string_new(NULL);
        g_signal_connect(manager, "script-message-received::bridge", G_CALLBACK(bridge_cb), bare);
        webkit_user_content_manager_register_script_message_handler(manager, "bridge");
        bare->web = g_object_new(WEBKIT_TYPE_WEB_VIEW, "web-context", context, "user-content-manager", manager, NULL);
        g_signal_connect(bare->web, "script-dialog", G_CALLBACK(dialog_cb), bare);
        g_signal_connect(bare->web, "print", G_CALLBACK(print_cb), bare);
        g_signal_connect(bare->web, "run-file-chooser", G_CALLBACK(chooser_cb), bare);
        g_signal_connect(bare->web, "permission-request", G_CALLBACK(permission_cb), bare);
        g_signal_connect(bare->web, "load-changed", G_CALLBACK(load_cb), bare);
        g_signal_connect(bare->web, "load-failed", G_CALLBACK(failed_cb), bare);
        bare->window = gtk_window_new(GTK_WINDOW_TOPLEVEL);
        gtk_container_add(GTK_CONTAINER(bare->window), GTK_WIDGET(bare->web));
        gtk_widget_show_all(bare->window);
        return bare;
}

void bare_free(Bare *bare)
{
        g_signal_handlers_disconnect_by_data(bare->web, bare);
        g_signal_handlers_disconnect_by_data(webkit_web_view_get_context(bare->web), bare);
        gtk_widget_destroy(bare->window);
        g_hash_table_unref(bare->pages);
        g_string_free(bare->messages, TRUE);
        g_free(bare);
}

void bare_show(Bare *bare, const char *html)
{
        g_hash_table_insert(bare->pages, g_strdup("//demo/index.html"), g_strdup(html));
        bare->finished = bare->failed = 0;
        webkit_web_view_load_uri(bare->web, "app://demo/index.html");
}
