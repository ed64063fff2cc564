/* The stand-in agent; see standin.h. */
#include "tests/apps/standin.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <libsoup/soup.h>
#include <string.h>

typedef struct {
        GString *text;
        gboolean ended;
        guint reads;
        GPtrArray *readers; /* of SoupServerMessage */
} Served;

struct Standin {
        SoupServer *server;
        AgentClient *client;
        char *folder, *socket;
        GHashTable *pages, *storage, *tools;
        GPtrArray *followers, *held; /* of SoupServerMessage */
        gboolean hold;
        guint tool_calls, questions, events;
        char *tool_app, *question_name;
        gint64 question_bytes;
        json_object *evidence;
};

static void storage_free(gpointer storage)
{
        json_object_put(storage);
}

static void served_free(gpointer data)
{
        Served *served = data;

        g_string_free(served->text, TRUE);
        g_ptr_array_unref(served->readers);
        g_free(served);
}

static Served *served(Standin *standin, const char *path)
{
        Served *found = g_hash_table_lookup(standin->pages, path);

        if (!found) {
                found = g_new0(Served, 1);
                found->text = g_string_new(NULL);
                found->readers = g_ptr_array_new_with_free_func(g_object_unref);
                g_hash_table_insert(standin->pages, g_strdup(path), found);
        }
        return found;
}

void standin_page(Standin *standin, const char *path, const char *text)
{
        Served *page = served(standin, path);

        g_string_assign(page->text, text);
        page->ended = TRUE;
}

void standin_feed(Standin *standin, const char *path, const char *piece)
{
        Served *page = served(standin, path);

        if (piece)
                g_string_append(page->text, piece);
        else
                page->ended = TRUE;
        for (guint i = 0; i < page->readers->len; i++) {
                SoupServerMessage *message = page->readers->pdata[i];

                if (piece)
                        soup_message_body_append(soup_server_message_get_response_body(message), SOUP_MEMORY_COPY, piece, strlen(piece));
                else
                        soup_message_body_complete(soup_server_message_get_response_body(message));
                soup_server_message_unpause(message);
        }
        if (!piece)
                g_ptr_array_set_size(page->readers, 0);
}

void standin_cut(Standin *standin, const char *path)
{
        Served *page = served(standin, path);

        for (guint i = 0; i < page->readers->len; i++)
                g_socket_shutdown(soup_server_message_get_socket(page->readers->pdata[i]), TRUE, TRUE, NULL);
        g_ptr_array_set_size(page->readers, 0);
        for (guint i = 0; i < standin->followers->len; i++)
                g_socket_shutdown(soup_server_message_get_socket(standin->followers->pdata[i]), TRUE, TRUE, NULL);
        g_ptr_array_set_size(standin->followers, 0);
}

guint standin_reads(Standin *standin, const char *path)
{
        return served(standin, path)->reads;
}

static void answer_json(SoupServerMessage *message, guint status, const char *text)
{
        soup_server_message_set_status(message, status, NULL);
        soup_server_message_set_response(message, "application/json", SOUP_MEMORY_COPY, text, strlen(text));
}

static void stream_out(SoupServerMessage *message, const char *type, const char *text)
{
        SoupMessageHeaders *headers = soup_server_message_get_response_headers(message);

        soup_server_message_set_status(message, 200, NULL);
        soup_message_headers_set_encoding(headers, SOUP_ENCODING_CHUNKED);
        soup_message_headers_set_content_type(headers, type, NULL);
        soup_message_body_set_accumulate(soup_server_message_get_response_body(message), FALSE);
        soup_message_body_append(soup_server_message_get_response_body(message), SOUP_MEMORY_COPY, text, strlen(text));
}

static void page_cb(SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer user_data)
{
        Standin *standin = user_data;
        Served *page = g_hash_table_lookup(standin->pages, path);

        if (!page) {
                answer_json(message, 404, "{\"error\":{\"kind\":\"not-found\",\"message\":\"There is no such file.\"}}");
                return;
        }
        page->reads++;
        stream_out(message, "text/html", page->text->str);
        if (page->ended)
                soup_message_body_complete(soup_server_message_get_response_body(message));
        else
                g_ptr_array_add(page->readers, g_object_ref(message));
}

static json_object *body_of(SoupServerMessage *message)
{
        SoupMessageBody *body = soup_server_message_get_request_body(message);
        g_autoptr(GBytes) bytes = soup_message_body_flatten(body);
        g_autofree char *text = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));

        return json_tokener_parse(text);
}

json_object *standin_storage(Standin *standin, const char *app)
{
        json_object *storage = g_hash_table_lookup(standin->storage, app);

        if (!storage) {
                storage = json_object_new_object();
                g_hash_table_insert(standin->storage, g_strdup(app), storage);
        }
        return storage;
}

static void storage_request(Standin *standin, SoupServerMessage *message, const char *app)
{
        json_object *storage = standin_storage(standin, app);

        if (strcmp(soup_server_message_get_method(message), "POST") == 0) {
                json_object *set = body_of(message);

                if (json_object_object_get_ex(set, "", NULL)) {
                        g_hash_table_remove(standin->storage, app);
                        storage = standin_storage(standin, app);
                }
                json_object_object_foreach(set, key, value) {
                        if (value)
                                json_object_object_add(storage, key, json_object_get(value));
                        else
                                json_object_object_del(storage, key);
                }
                json_object_put(set);
        }
        answer_json(message, 200, json_object_to_json_string(storage));
}

static void save_request(Standin *standin, SoupServerMessage *message)
{
        json_object *body = body_of(message), *value = NULL;
        g_autofree char *text = NULL;

        json_object_object_get_ex(body, "name", &value);
        g_free(standin->question_name);
        standin->question_name = g_strdup(json_object_get_string(value));
        json_object_object_get_ex(body, "bytes", &value);
        standin->question_bytes = json_object_get_int64(value);
        standin->questions++;
        text = g_strdup_printf("{\"id\":\"q%u\"}", standin->questions);
        answer_json(message, 200, text);
        json_object_put(body);
}

/* asker is the app where the path names it. */
static void tool_request(Standin *standin, SoupServerMessage *message, const char *name, const char *asker)
{
        json_object *body = body_of(message), *app = NULL;
        const char *result = g_hash_table_lookup(standin->tools, name);
        gboolean denied = g_strcmp0(result, STANDIN_DENIED) == 0;
        g_autofree char *text = result ? g_strdup_printf("{\"result\":%s}", result) : NULL;

        standin->tool_calls++;
        if (standin->hold) {
                soup_server_message_pause(message);
                g_ptr_array_add(standin->held, g_object_ref(message));
        }
        json_object_object_get_ex(body, "app", &app);
        g_free(standin->tool_app);
        standin->tool_app = g_strdup(asker ? asker : json_object_get_string(app));
        if (denied)
                answer_json(message, 403, "{\"error\":{\"kind\":\"denied\",\"message\":\"The person did not allow this.\"}}");
        else
                answer_json(message, text ? 200 : 404, text ? text : "{\"error\":{\"kind\":\"not-found\",\"message\":\"There is no such tool.\"}}");
        json_object_put(body);
}

void standin_hold(Standin *standin, gboolean hold)
{
        standin->hold = hold;
        for (guint i = 0; !hold && i < standin->held->len; i++)
                soup_server_message_unpause(standin->held->pdata[i]);
        g_ptr_array_set_size(standin->held, hold ? (gint)standin->held->len : 0);
}

static void events_request(Standin *standin, SoupServerMessage *message)
{
        stream_out(message, "text/event-stream", ": hello\n\n");
        g_ptr_array_add(standin->followers, g_object_ref(message));
}

static void api_cb(SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer user_data)
{
        Standin *standin = user_data;
        g_auto(GStrv) parts = g_strsplit(path + strlen("/api/v1/"), "/", 4);
        guint n = g_strv_length(parts);

        if (n == 3 && strcmp(parts[0], "apps") == 0 && strcmp(parts[2], "storage") == 0) {
                storage_request(standin, message, parts[1]);
        } else if (n == 3 && strcmp(parts[0], "apps") == 0 && strcmp(parts[2], "save") == 0) {
                save_request(standin, message);
        } else if (n == 2 && strcmp(parts[0], "tools") == 0) {
                tool_request(standin, message, parts[1], NULL);
        } else if (n == 3 && strcmp(parts[0], "apps") == 0 && strcmp(parts[2], "ask") == 0) {
                tool_request(standin, message, STANDIN_ASKED, parts[1]);
        } else if (n == 3 && strcmp(parts[0], "runs") == 0 && strcmp(parts[2], "evidence") == 0) {
                standin_forget_evidence(standin);
                standin->evidence = body_of(message);
                answer_json(message, 200, "{}");
        } else if (n == 1 && strcmp(parts[0], "events") == 0) {
                events_request(standin, message);
        } else {
                answer_json(message, 404, "{\"error\":{\"kind\":\"not-found\",\"message\":\"There is no such request.\"}}");
        }
}

void standin_answer(Standin *standin, const char *answer)
{
        g_autofree char *event = g_strdup_printf("event: answered\nid: %u\ndata: {\"question\":\"q%u\",\"answer\":\"%s\"}\n\n", ++standin->events,
                                                 standin->questions, answer);

        for (guint i = 0; i < standin->followers->len; i++) {
                SoupServerMessage *message = standin->followers->pdata[i];

                soup_message_body_append(soup_server_message_get_response_body(message), SOUP_MEMORY_COPY, event, strlen(event));
                soup_server_message_unpause(message);
        }
}

void standin_tool(Standin *standin, const char *name, const char *result)
{
        g_hash_table_insert(standin->tools, g_strdup(name), g_strdup(result));
}

guint standin_tool_calls(Standin *standin)
{
        return standin->tool_calls;
}

const char *standin_tool_app(Standin *standin)
{
        return standin->tool_app;
}

guint standin_questions(Standin *standin)
{
        return standin->questions;
}

const char *standin_question_name(Standin *standin)
{
        return standin->question_name;
}

gint64 standin_question_bytes(Standin *standin)
{
        return standin->question_bytes;
}

json_object *standin_evidence(Standin *standin)
{
        return standin->evidence;
}

void standin_forget_evidence(Standin *standin)
{
        g_clear_pointer(&standin->evidence, json_object_put);
}

AgentClient *standin_client(Standin *standin)
{
        return standin->client;
}

Standin *standin_new(void)
{
        Standin *standin = g_new0(Standin, 1);
        g_autoptr(GError) error = NULL;
        g_autoptr(GSocketAddress) address = NULL;
        g_autoptr(GSocket) socket = NULL;

        standin->folder = g_dir_make_tmp("standin-XXXXXX", &error);
        g_assert_no_error(error);
        standin->socket = g_build_filename(standin->folder, "agent.sock", NULL);
        standin->pages = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, served_free);
        standin->storage = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, storage_free);
        standin->tools = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        standin->followers = g_ptr_array_new_with_free_func(g_object_unref);
        standin->held = g_ptr_array_new_with_free_func(g_object_unref);
        address = g_unix_socket_address_new(standin->socket);
        socket = g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, &error);
        g_assert_no_error(error);
        g_assert_true(g_socket_bind(socket, address, FALSE, &error) && g_socket_listen(socket, &error));
        standin->server = soup_server_new(NULL, NULL);
        soup_server_add_handler(standin->server, "/app/", page_cb, standin, NULL);
        soup_server_add_handler(standin->server, "/api/v1/", api_cb, standin, NULL);
        g_assert_true(soup_server_listen_socket(standin->server, socket, 0, &error));
        standin->client = agent_client_new(standin->socket, &error);
        g_assert_no_error(error);
        return standin;
}

void standin_free(Standin *standin)
{
        agent_client_unref(standin->client);
        soup_server_disconnect(standin->server);
        g_object_unref(standin->server);
        g_ptr_array_unref(standin->followers);
        g_ptr_array_unref(standin->held);
        g_hash_table_unref(standin->pages);
        g_hash_table_unref(standin->storage);
        g_hash_table_unref(standin->tools);
        standin_forget_evidence(standin);
        g_unlink(standin->socket);
        g_rmdir(standin->folder);
        g_free(standin->socket);
        g_free(standin->folder);
        g_free(standin->tool_app);
        g_free(standin->question_name);
        g_free(standin);
}

static gboolean tick_cb(gpointer user_data)
{
        return G_SOURCE_CONTINUE;
}

gboolean wait_until(WaitFunc done, gpointer user_data, guint ms)
{
        gint64 deadline = g_get_monotonic_time() + ms * 1000;
        guint tick = g_timeout_add(10, tick_cb, NULL); /* so that the deadline is seen when nothing else happens */
        gboolean ok = done(user_data);

        while (!ok && g_get_monotonic_time() < deadline) {
                g_main_context_iteration(NULL, TRUE);
                ok = done(user_data);
        }
        g_source_remove(tick);
        return ok;
}

const char *share_folder(void)
{
        return g_getenv("IMPROMPTU_TEST_SHARE");
}
