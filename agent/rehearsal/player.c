/* The pace is kept against an absolute schedule: token i is due at start + time to first token + i / rate, and every tick sends all
 * that is due, in one write. So 17,000 tokens a second come as about 17 events a millisecond, late ticks are caught up with, and
 * nothing drifts. */
#include "player.h"

#include <json.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#define CHUNK "chat.completion.chunk"
#define PLAYERS_A_MS 8 /* ticks that one millisecond has room for: more players tick less often, each catching up */

static guint playing;

typedef struct {
        SoupServerMessage *message;
        PlayerSpec spec;        /* owns its strings */
        PlayerFunc func;
        gpointer user_data;
        const char *at;         /* what comes next */
        guint sent, total, stop; /* tokens: sent, in the text, before the end that spec asks for */
        char *before;           /* what stands before the text in every event: it is made once, there may be 17,000 a second */
        gint64 start;           /* when the first token is due, monotonic µs */
        guint tick;
        GSource *watch;         /* of a client that goes away */
        gsize unwritten;        /* bodies that are not yet with the kernel */
        gboolean begun, closing;
        const char *ended;
} Player;

/* The rest of a token begins here. */
static const char *token_end(const char *at)
{
        for (gsize i = 0; i < PLAYER_TOKEN_BYTES && *at; i++)
                at++;
        while (((unsigned char)*at & 0xC0) == 0x80)
                at++;
        return at;
}

guint player_tokens(const char *text)
{
        guint tokens = 0;

        for (; *text; text = token_end(text))
                tokens++;
        return tokens;
}

/* ---- what is sent ---- */

static json_object *chunk_new(Player *player, const char *object)
{
        json_object *chunk = json_object_new_object();

        json_object_object_add(chunk, "id", json_object_new_string("chatcmpl-rehearsal"));
        json_object_object_add(chunk, "object", json_object_new_string(object));
        json_object_object_add(chunk, "created", json_object_new_int64(g_get_real_time() / G_USEC_PER_SEC));
        json_object_object_add(chunk, "model", json_object_new_string(player->spec.model));
        return chunk;
}

static json_object *choice_add(json_object *chunk, const char *name, json_object *message, const char *finish)
{
        json_object *choices = json_object_new_array(), *choice = json_object_new_object();

        json_object_object_add(choice, "index", json_object_new_int(0));
        json_object_object_add(choice, name, message);
        json_object_object_add(choice, "finish_reason", finish ? json_object_new_string(finish) : NULL);
        json_object_array_add(choices, choice);
        json_object_object_add(chunk, "choices", choices);
        return chunk;
}

static json_object *usage_add(Player *player, json_object *chunk)
{
        json_object *usage = json_object_new_object();

        json_object_object_add(usage, "prompt_tokens", json_object_new_int64(player->spec.tokens_in));
        json_object_object_add(usage, "completion_tokens", json_object_new_int64(player->sent));
        json_object_object_add(usage, "total_tokens", json_object_new_int64(player->spec.tokens_in + player->sent));
        json_object_object_add(chunk, "usage", usage);
        return chunk;
}

static void event_add(GString *out, json_object *chunk)
{
        const char *text = json_object_to_json_string_ext(chunk, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

        g_string_append_printf(out, "data: %s\n\n", text);
        json_object_put(chunk);
}

static json_object *delta(const char *role, const char *text, gsize length)
{
        json_object *object = json_object_new_object();

        if (role)
                json_object_object_add(object, "role", json_object_new_string(role));
        if (text)
                json_object_object_add(object, "content", json_object_new_string_len(text, length));
        return object;
}

/* The beginning of an event with text; TEXT_AFTER is its end. */
#define TEXT_AFTER "},\"finish_reason\":null}]}\n\n"
static char *text_before(Player *player)
{
        json_object *chunk = chunk_new(player, CHUNK);
        const char *text = json_object_to_json_string_ext(chunk, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
        char *before = g_strdup_printf("data: %.*s,\"choices\":[{\"index\":0,\"delta\":{\"content\":", (int)strlen(text) - 1, text);

        json_object_put(chunk);
        return before;
}

static void text_add(Player *player, GString *out, const char *text, gsize length)
{
        json_object *string = json_object_new_string_len(text, length);

        g_string_append(out, player->before);
        g_string_append(out, json_object_to_json_string_ext(string, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
        g_string_append(out, TEXT_AFTER);
        json_object_put(string);
}

static const char *finish_reason(Player *player)
{
        return player->spec.end == PLAYER_LENGTH ? "length" : player->spec.finish_reason;
}

static void write_text(Player *player, const char *text, gsize length)
{
        if (length == 0)
                return;
        player->unwritten++;
        soup_message_body_append(soup_server_message_get_response_body(player->message), SOUP_MEMORY_COPY, text, length);
        soup_server_message_unpause(player->message);
}

/* ---- how it ends ---- */

static void player_close(Player *player, const char *ended)
{
        GSocket *socket = soup_server_message_get_socket(player->message);

        g_clear_handle_id(&player->tick, g_source_remove);
        player->ended = ended;
        if (socket)
                shutdown(g_socket_get_fd(socket), SHUT_RDWR);
        /* Whatever is written now fails, which makes libsoup give the message up. */
        soup_message_body_append(soup_server_message_get_response_body(player->message), SOUP_MEMORY_STATIC, ":\n\n", 3);
        soup_server_message_unpause(player->message);
}

static void finish_stream(Player *player, GString *out)
{
        event_add(out, choice_add(chunk_new(player, CHUNK), "delta", delta(NULL, NULL, 0), finish_reason(player)));
        event_add(out, usage_add(player, choice_add(chunk_new(player, CHUNK), "delta", delta(NULL, NULL, 0), NULL)));
        g_string_append(out, "data: [DONE]\n\n");
        write_text(player, out->str, out->len);
        player->ended = player->spec.end == PLAYER_LENGTH ? "length" : "whole";
        soup_message_body_complete(soup_server_message_get_response_body(player->message));
        soup_server_message_unpause(player->message);
}

static void finish_plain(Player *player)
{
        gsize length = player->at - player->spec.text;
        json_object *body = chunk_new(player, "chat.completion");
        const char *text;

        usage_add(player, choice_add(body, "message", delta("assistant", player->spec.text, length), finish_reason(player)));
        text = json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN);
        write_text(player, text, strlen(text));
        json_object_put(body);
        player->ended = player->spec.end == PLAYER_LENGTH ? "length" : "whole";
        soup_message_body_complete(soup_server_message_get_response_body(player->message));
        soup_server_message_unpause(player->message);
}

static void player_stop(Player *player, GString *out)
{
        if (player->spec.end == PLAYER_STALL || player->spec.end == PLAYER_CUT) {
                write_text(player, out->str, out->len);
                player->closing = player->spec.end == PLAYER_CUT;
                if (player->closing && player->unwritten == 0)
                        player_close(player, "cut");
        } else if (player->spec.stream) {
                finish_stream(player, out);
        } else {
                finish_plain(player);
        }
}

static void wrote_chunk_cb(SoupServerMessage *message, gpointer user_data)
{
        Player *player = user_data;

        if (player->unwritten > 0)
                player->unwritten--;
        if (player->closing && player->unwritten == 0 && !player->ended)
                player_close(player, "cut");
}

static void finished_cb(SoupServerMessage *message, gpointer user_data)
{
        Player *player = user_data;

        g_clear_handle_id(&player->tick, g_source_remove);
        if (player->watch) {
                g_source_destroy(player->watch);
                g_source_unref(player->watch);
        }
        g_signal_handlers_disconnect_by_data(message, player);
        player->func(player->ended ? player->ended : "disconnected", player->sent, player->user_data);
        g_object_unref(player->message);
        playing--;
        g_free(player->before);
        g_free((char *)player->spec.text);
        g_free((char *)player->spec.model);
        g_free((char *)player->spec.finish_reason);
        g_free(player);
}

/* A client that goes away while nothing is being written would stay unseen. */
static gboolean client_cb(GSocket *socket, GIOCondition condition, gpointer user_data)
{
        Player *player = user_data;
        char byte;
        gssize n = recv(g_socket_get_fd(socket), &byte, 1, MSG_PEEK | MSG_DONTWAIT);

        if (n > 0) { /* the next request, early */
                g_source_unref(g_steal_pointer(&player->watch));
                return G_SOURCE_REMOVE;
        }
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return G_SOURCE_CONTINUE;
        g_source_unref(g_steal_pointer(&player->watch));
        if (!player->ended)
                player_close(player, "disconnected");
        return G_SOURCE_REMOVE;
}

/* ---- the clock ---- */

static gboolean tick_cb(gpointer user_data);

static guint tokens_due(Player *player)
{
        gint64 passed = g_get_monotonic_time() - player->start;

        if (passed < 0)
                return 0;
        if (player->spec.rate <= 0)
                return player->stop;
        return MIN(player->stop, (guint)(passed * player->spec.rate / G_USEC_PER_SEC) + 1);
}

static void schedule(Player *player, guint tokens)
{
        double due = player->start;

        if (player->spec.rate > 0 && tokens > 0)
                due += (tokens - 1) * (double)G_USEC_PER_SEC / player->spec.rate;
        due = ceil((due - g_get_monotonic_time()) / 1000);
        player->tick = g_timeout_add(MAX(due, playing / PLAYERS_A_MS), tick_cb, player);
}

/* Sends the tokens up to `due` in whole chunks; a last one may be smaller. */
static void send_due(Player *player, guint due, GString *out)
{
        while (player->sent < player->stop) {
                guint n = MIN(player->spec.tokens_a_chunk, player->stop - player->sent);
                const char *from = player->at;
                if (player->sent + n > due)
                        return;
                for (guint i = 0; i < n; i++)
                        player->at = token_end(player->at);
                player->sent += n;
                if (player->spec.stream)
                        text_add(player, out, from, player->at - from);
        }
}

static gboolean tick_cb(gpointer user_data)
{
        Player *player = user_data;
        g_autoptr(GString) out = g_string_new(NULL);

        player->tick = 0;
        if (!player->begun && player->spec.stream)
                event_add(out, choice_add(chunk_new(player, CHUNK), "delta", delta("assistant", "", 0), NULL));
        player->begun = TRUE;
        send_due(player, tokens_due(player), out);
        if (player->sent == player->stop) {
                player_stop(player, out);
                return G_SOURCE_REMOVE;
        }
        write_text(player, out->str, out->len);
        schedule(player, MIN(player->sent + player->spec.tokens_a_chunk, player->stop));
        return G_SOURCE_REMOVE;
}

void player_play(SoupServerMessage *message, const PlayerSpec *spec, PlayerFunc func, gpointer user_data)
{
        Player *player = g_new0(Player, 1);
        SoupMessageHeaders *headers = soup_server_message_get_response_headers(message);
        GSocket *socket = soup_server_message_get_socket(message);

        player->message = g_object_ref(message);
        player->spec = *spec;
        player->spec.text = player->at = g_strdup(spec->text);
        player->spec.model = g_strdup(spec->model);
        player->spec.finish_reason = g_strdup(spec->finish_reason);
        playing++;
        player->before = text_before(player);
        player->func = func;
        player->user_data = user_data;
        player->total = player_tokens(spec->text);
        player->stop = spec->end == PLAYER_WHOLE ? player->total : (guint)(player->total * CLAMP(spec->share, 0, 1));
        player->start = g_get_monotonic_time() + spec->first_token_ms * 1000;
        soup_server_message_set_status(message, 200, NULL);
        soup_message_headers_set_encoding(headers, SOUP_ENCODING_CHUNKED);
        soup_message_headers_set_content_type(headers, spec->stream ? "text/event-stream" : "application/json", NULL);
        soup_message_headers_replace(headers, "Cache-Control", "no-cache");
        soup_message_body_set_accumulate(soup_server_message_get_response_body(message), FALSE);
        g_socket_set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
        g_signal_connect(message, "wrote-chunk", G_CALLBACK(wrote_chunk_cb), player);
        g_signal_connect(message, "finished", G_CALLBACK(finished_cb), player);
        player->watch = g_socket_create_source(socket, G_IO_IN | G_IO_HUP | G_IO_ERR, NULL);
        g_source_set_callback(player->watch, G_SOURCE_FUNC(client_cb), player, NULL);
        g_source_attach(player->watch, NULL);
        soup_server_message_pause(message);
        schedule(player, MIN(spec->tokens_a_chunk, player->stop));
}
