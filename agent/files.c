/* GET /app/ID/PATH: an app's own files, drafts while they are written, and the system's JavaScript libraries; and virtual responses for
 * all other addresses. */
#include <string.h>

#include <stdlib.h>

#include "agent/exchange.h"
#include "agent/library/library.h"
#include "agent/results.h"
#include "agent/runs/runs.h"
#include "agent/toolbox.h"

#define LIBRARIES "/usr/share/javascript"
#define LIBRARY_FILE_MAX (32 * 1024 * 1024)

static const struct {
        const char *ending, *type;
} types[] = {
        {".html", "text/html; charset=utf-8"}, {".htm", "text/html; charset=utf-8"}, {".js", "text/javascript; charset=utf-8"},
        {".mjs", "text/javascript; charset=utf-8"}, {".css", "text/css; charset=utf-8"}, {".json", "application/json"},
        {".map", "application/json"},
        {".svg", "image/svg+xml"}, {".png", "image/png"}, {".jpg", "image/jpeg"}, {".jpeg", "image/jpeg"}, {".gif", "image/gif"},
        {".webp", "image/webp"},
        {".ico", "image/x-icon"}, {".woff", "font/woff"}, {".woff2", "font/woff2"}, {".ttf", "font/ttf"}, {".otf", "font/otf"},
        {".wasm", "application/wasm"},
        {".csv", "text/csv; charset=utf-8"}, {".txt", "text/plain; charset=utf-8"}, {".md", "text/plain; charset=utf-8"},
        {".xml", "application/xml"},
        {".mp3", "audio/mpeg"}, {".ogg", "audio/ogg"}, {".wav", "audio/wav"}, {".mp4", "video/mp4"}, {".webm", "video/webm"},
        {".glb", "model/gltf-binary"}, {".stl", "model/stl"},
};

static const char *type_of(const char *path)
{
        for (gsize i = 0; i < G_N_ELEMENTS(types); i++)
                if (g_str_has_suffix(path, types[i].ending))
                        return types[i].type;
        return "application/octet-stream";
}

/* — drafts — */

typedef struct {
        Exchange *exchange;
        gboolean ended;
} DraftReader;

static void draft_cb(const char *bytes, gsize length, gpointer data)
{
        DraftReader *reader = data;
        if (reader->ended)
                return;
        if (bytes) {
                exchange_write(reader->exchange, bytes, length);
                return;
        }
        reader->ended = TRUE;
        exchange_end(reader->exchange);
}

static void draft_reader_free(gpointer data)
{
        DraftReader *reader = data;
        runs_draft_unfollow(reader->exchange->agent->runs, draft_cb, reader);
        g_free(reader);
}

static void send_draft(Exchange *exchange, const char *draft)
{
        const char *type = runs_draft_type(exchange->agent->runs, draft);
        if (!type) {
                exchange_refuse(exchange, API_ERROR_NOT_FOUND, "There is no such draft (any more).");
                return;
        }
        exchange_start(exchange, type);
        if (exchange_head(exchange)) {
                exchange_end(exchange);
                return;
        }
        DraftReader *reader = g_new0(DraftReader, 1);
        reader->exchange = exchange;
        exchange->answer = reader;
        exchange->answer_free = draft_reader_free;
        if (!runs_draft_follow(exchange->agent->runs, draft, draft_cb, reader))
                exchange_cut(exchange);
}

/* — files — */

/* The system's copy: no "..", nothing hidden, and wherever Debian's symbolic links lead, it is still below /usr/share. */
static char *library_path(const char *path)
{
        g_auto(GStrv) parts = g_strsplit(path, "/", -1);
        for (guint i = 0; parts[i]; i++)
                if (!*parts[i] || *parts[i] == '.')
                        return NULL;
        g_autofree char *full = g_build_filename(LIBRARIES, path, NULL);
        char *real = realpath(full, NULL);
        char *found = real && g_str_has_prefix(real, "/usr/share/") && g_file_test(real, G_FILE_TEST_IS_REGULAR) ? g_strdup(real) : NULL;
        free(real);
        return found;
}

static void send_library_file(Exchange *exchange, const char *path)
{
        g_autofree char *file = library_path(path);
        g_autoptr(GMappedFile) mapped = file ? g_mapped_file_new(file, FALSE, NULL) : NULL;
        if (!mapped || g_mapped_file_get_length(mapped) > LIBRARY_FILE_MAX) {
                exchange_refuse(exchange, API_ERROR_NOT_FOUND, "This computer has no such JavaScript library. Debian's packages libjs-… bring them.");
                return;
        }
        g_autoptr(GBytes) bytes = g_mapped_file_get_bytes(mapped);
        exchange_send(exchange, type_of(path), bytes);
}

/* A file that a tool handed over; only to the app that it was for. */
static void send_result(Exchange *exchange, const char *id, const char *token)
{
        const char *type = NULL;
        g_autoptr(GBytes) bytes = toolbox_file(exchange->agent->toolbox, id, token, &type);
        if (bytes)
                exchange_send(exchange, type, bytes);
        else
                exchange_refuse(exchange, API_ERROR_NOT_FOUND, "This file of a tool's result is not kept any more. Call the tool again.");
}

static void send_app_file(Exchange *exchange, const char *id, const char *path)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(App) app = *path ? NULL : library_app(exchange->agent->library, id, &error);
        const char *file = app ? app->file : path;
        g_autoptr(GBytes) bytes = error ? NULL : library_app_file(exchange->agent->library, id, file, &error);
        if (bytes)
                exchange_send(exchange, type_of(file), bytes);
        else
                exchange_fail(exchange, error);
}

void api_app_file(Exchange *exchange)
{
        g_autofree char *path = g_uri_unescape_string(exchange->path, NULL);
        g_auto(GStrv) parts = path ? g_strsplit(path, "/", 4) : NULL; /* "", "app", ID, PATH */
        const char *id = parts && parts[1] ? parts[2] : NULL, *rest = id && parts[3] ? parts[3] : "";
        const char *draft = exchange_query(exchange, "draft");
        if (!library_id_valid(id))
                exchange_refuse(exchange, API_ERROR_NOT_FOUND, LIBRARY_NO_APP);
        else if (g_str_has_prefix(rest, "lib/"))
                send_library_file(exchange, rest + strlen("lib/"));
        else if (g_str_has_prefix(rest, RESULTS_PATH))
                send_result(exchange, id, rest + strlen(RESULTS_PATH));
        else if (draft)
                send_draft(exchange, draft);
        else
                send_app_file(exchange, id, rest);
}

/* — virtual responses — */

typedef struct {
        Exchange *exchange;
        char *address;
        gboolean started;
} Page;

static void page_cb(const char *bytes, gsize length, const GError *error, gpointer data)
{
        Page *page = data;
        Exchange *exchange = page->exchange;
        if (error && !page->started) {
                exchange_fail(exchange, error);
        } else if (!page->started) {
                /* Written by a model a moment ago, or kept from then: never to be taken for a source. */
                soup_message_headers_replace(soup_server_message_get_response_headers(exchange->message), "X-Impromptu", "written");
                exchange_start(exchange, runs_page_type(page->address));
                page->started = TRUE;
        }
        if (bytes) {
                exchange_write(exchange, bytes, length);
                return;
        }
        if (error && page->started)
                exchange_cut(exchange);
        else if (page->started)
                exchange_end(exchange);
        g_object_unref(exchange->message);
        g_free(page->address);
        g_free(page);
}

void api_page(Exchange *exchange)
{
        GUri *uri = soup_server_message_get_uri(exchange->message);
        const char *query = g_uri_get_query(uri);
        g_autofree char *address = g_strconcat(exchange->path, query ? "?" : NULL, query, NULL);
        if (exchange_head(exchange)) {
                exchange_start(exchange, runs_page_type(address));
                exchange_end(exchange);
                return;
        }
        Page *page = g_new0(Page, 1);
        page->exchange = exchange;
        page->address = g_steal_pointer(&address);
        g_object_ref(exchange->message);
        exchange_wait(exchange);
        runs_page(exchange->agent->runs, page->address, exchange->gone, page_cb, page);
}
