/* The pace is kept against an absolute schedule: token i is due at start + time to first token + i / rate, and every tick sends all
 * that is due, in one write. So 17,000 tokens a second come as about 17 events a millisecond, late ticks are caught up with, and
 * nothing drifts. What an event looks like is the dialect's; what is cut off, drawn out or held back is done here, to its bytes. */
#include "player.h"

#include <glib-unix.h>
#include <json.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/json.h"

#define PLAYERS_A_MS 8 /* ticks that one millisecond has room for: more players tick less often, each catching up */
#define TOOL "weather"
#define ARGUMENTS "{\"city\":\"Bergen\",\"days\":3,\"units\":\"metric\",\"when\":\"tomorrow morning\"}"
#define CUT_IN_CALL "tomorrow" /* lies in one piece of them, not the first */
#define TWO_BYTES "\xc3\xa9"
#define THOUGHT "Hmm, let me see. "
#define NEVER_REACHED (1 << 30) /* bytes that an answer is said to have which will be cut off */

static guint playing;

typedef struct {
        SoupServerMessage *message;
        PlayerSpec spec;        /* owns its strings */
        Reply *reply;
        PlayerFunc func;
        gpointer user_data;
        char *thoughts;
        const char *at;         /* what comes next */
        guint sent, thought, stop; /* tokens: sent, of them thoughts in all, before the end that spec asks for */
        gint64 start;           /* when the first token is due, monotonic µs */
        guint tick, drip, closer, watch;
        GString *pending;       /* what drips */
        gsize dripped;
        gsize unwritten;        /* bodies that are not yet with the kernel */
        gboolean begun, lengthened, completing, closing;
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

static char *thoughts_of(guint tokens)
{
        GString *text = g_string_new(NULL);

        while (text->len < (gsize)tokens * PLAYER_TOKEN_BYTES)
                g_string_append(text, THOUGHT);
        g_string_truncate(text, (gsize)tokens * PLAYER_TOKEN_BYTES);
        return g_string_free(text, FALSE);
}

/* ---- bytes ---- */

static SoupMessageBody *body_of(Player *player)
{
        return soup_server_message_get_response_body(player->message);
}

static void push(Player *player, const char *bytes, gsize length)
{
        player->unwritten++;
        soup_message_body_append(body_of(player), SOUP_MEMORY_COPY, bytes, length);
        soup_server_message_unpause(player->message);
}

static void complete(Player *player)
{
        soup_message_body_complete(body_of(player));
        soup_server_message_unpause(player->message);
}

static gboolean drip_cb(gpointer user_data)
{
        Player *player = user_data;

        if (player->dripped < player->pending->len) {
                push(player, player->pending->str + player->dripped++, 1);
                return G_SOURCE_CONTINUE;
        }
        player->drip = 0;
        if (player->completing)
                complete(player);
        return G_SOURCE_REMOVE;
}

static void write_bytes(Player *player, const char *bytes, gsize length)
{
        if (length == 0)
                return;
        if (player->spec.drip_ms == 0) {
                push(player, bytes, length);
                return;
        }
        g_string_append_len(player->pending, bytes, length);
        if (!player->drip)
                player->drip = g_timeout_add(player->spec.drip_ms, drip_cb, player);
}

static void write_end(Player *player, const char *ended)
{
        player->ended = ended;
        player->completing = TRUE;
        if (!player->drip)
                complete(player);
}

/* Blanks before the last brace: JSON of the same value. It begins one byte a write. */
static void write_long_line(Player *player, GString *event)
{
        const char *brace = strrchr(event->str, '}');
        g_autofree char *blanks = g_strnfill(PLAYER_LONG_LINE, ' ');

        g_string_insert_len(event, brace - event->str, blanks, PLAYER_LONG_LINE);
        for (gsize i = 0; i < PLAYER_DRIBBLE; i++)
                write_bytes(player, event->str + i, 1);
        write_bytes(player, event->str + PLAYER_DRIBBLE, event->len - PLAYER_DRIBBLE);
        g_string_truncate(event, 0);
}

/* ---- how it ends ---- */

/* The connection is lost: TLS says nothing, the other side sees the end of TCP. */
static void lose(Player *player, const char *ended)
{
        GSocket *socket = soup_server_message_get_socket(player->message);

        g_clear_handle_id(&player->tick, g_source_remove);
        g_clear_handle_id(&player->drip, g_source_remove);
        player->ended = ended;
        if (socket)
                shutdown(g_socket_get_fd(socket), SHUT_RDWR);
        /* Whatever is written now fails, which makes libsoup give the message up. */
        soup_message_body_append(body_of(player), SOUP_MEMORY_STATIC, ":\n\n", 3);
        soup_server_message_unpause(player->message);
}

/* The connection is closed as TLS wants it: see ends_politely(). Taking it away ends the message, and with it the player. */
static gboolean close_cb(gpointer user_data)
{
        Player *player = user_data;
        g_autoptr(GIOStream) stream = NULL;

        player->closer = 0;
        player->ended = "cut";
        stream = soup_server_message_steal_connection(player->message);
        if (stream)
                g_io_stream_close_async(stream, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
        return G_SOURCE_REMOVE;
}

/* TLS is told before TCP is. libsoup ends chunks properly when its connection is taken away, so such an answer has a length instead, which
 * it does not reach. */
static gboolean ends_politely(Player *player)
{
        gboolean tls = strcmp(g_uri_get_scheme(soup_server_message_get_uri(player->message)), "https") == 0;
        gboolean one = soup_server_message_get_http_version(player->message) != SOUP_HTTP_2_0;
        PlayerEnd end = player->spec.end;

        return tls && one && (end == PLAYER_CUT || end == PLAYER_CUT_UTF8 || end == PLAYER_CUT_CALL || end == PLAYER_HEADERS);
}

static void close_when_written(Player *player)
{
        if (!player->closing || player->unwritten > 0 || player->ended || player->closer)
                return;
        if (ends_politely(player))
                player->closer = g_idle_add(close_cb, player);
        else
                lose(player, "cut");
}

static void cut(Player *player)
{
        player->closing = TRUE;
        close_when_written(player);
}

static const char *finish_reason(Player *player)
{
        if (player->spec.end == PLAYER_LENGTH)
                return "length";
        return player->reply->tool ? "tool_calls" : player->spec.finish_reason;
}

/* Takes the end of out off, so that what stays breaks off where spec says; from is where the last event begins. */
static void break_off(Player *player, GString *out, gsize from)
{
        const char *place = player->spec.end == PLAYER_CUT_UTF8 ? g_strrstr(out->str + from, TWO_BYTES) :
                            player->spec.end == PLAYER_CUT_CALL ? strstr(out->str + from, CUT_IN_CALL) : NULL;

        if (place)
                g_string_truncate(out, place - out->str + 1);
}

static void add_broken(Player *player, GString *out)
{
        GString *to = player->spec.stream ? out : NULL;

        if (player->spec.end == PLAYER_CUT_UTF8)
                reply_text(player->reply, to, TWO_BYTES, strlen(TWO_BYTES));
        else if (player->spec.end == PLAYER_CUT_CALL)
                reply_call(player->reply, to, TOOL, ARGUMENTS);
}

static void add_plain(Player *player, GString *out, json_object *body)
{
        g_autofree char *text = json_line(body);

        g_string_append(out, text);
        json_object_put(body);
}

static void stop_cut(Player *player, GString *out)
{
        gsize from = out->len;

        add_broken(player, out);
        if (!player->spec.stream) {
                add_plain(player, out, reply_plain(player->reply, finish_reason(player)));
                if (player->spec.end == PLAYER_CUT || player->spec.end == PLAYER_CUT_TLS)
                        g_string_truncate(out, g_utf8_find_prev_char(out->str, out->str + out->len / 2) - out->str);
        }
        break_off(player, out, from);
        write_bytes(player, out->str, out->len);
        cut(player);
}

static void stop_error(Player *player, GString *out)
{
        static const Trouble trouble = { TROUBLE_SERVER, "It failed in the middle (on purpose).", NULL };

        if (player->spec.stream)
                reply_fail(player->reply, out, &trouble);
        else
                add_plain(player, out, player->reply->dialect->error(&trouble));
        write_bytes(player, out->str, out->len);
        write_end(player, "error");
}

static void stop_whole(Player *player, GString *out)
{
        if (player->spec.call)
                reply_call(player->reply, player->spec.stream ? out : NULL, TOOL, ARGUMENTS);
        if (player->spec.stream)
                reply_finish(player->reply, out, finish_reason(player));
        else
                add_plain(player, out, reply_plain(player->reply, finish_reason(player)));
        write_bytes(player, out->str, out->len);
        write_end(player, player->spec.end == PLAYER_LENGTH ? "length" : "whole");
}

static void player_stop(Player *player, GString *out)
{
        switch (player->spec.end) {
        case PLAYER_STALL:
                write_bytes(player, out->str, out->len);
                return;
        case PLAYER_CUT:
        case PLAYER_CUT_TLS:
        case PLAYER_CUT_UTF8:
        case PLAYER_CUT_CALL:
                stop_cut(player, out);
                return;
        case PLAYER_ERROR:
                stop_error(player, out);
                return;
        default:
                stop_whole(player, out);
        }
}

static void wrote_chunk_cb(SoupServerMessage *message, gpointer user_data)
{
        Player *player = user_data;

        if (player->unwritten > 0)
                player->unwritten--;
        close_when_written(player);
}

static void wrote_headers_cb(SoupServerMessage *message, gpointer user_data)
{
        Player *player = user_data;

        if (player->spec.end == PLAYER_HEADERS)
                cut(player);
}

static void finished_cb(SoupServerMessage *message, gpointer user_data)
{
        Player *player = user_data;

        g_clear_handle_id(&player->tick, g_source_remove);
        g_clear_handle_id(&player->drip, g_source_remove);
        g_clear_handle_id(&player->closer, g_source_remove);
        g_clear_handle_id(&player->watch, g_source_remove);
        g_signal_handlers_disconnect_by_data(message, player);
        player->func(player->ended ? player->ended : "disconnected", player->sent, player->user_data);
        g_object_unref(player->message);
        playing--;
        reply_free(player->reply);
        g_string_free(player->pending, TRUE);
        g_free(player->thoughts);
        g_free((char *)player->spec.text);
        g_free((char *)player->spec.finish_reason);
        g_free(player);
}

/* A client that goes away while nothing is being written would stay unseen. What it sends meanwhile stays unread: with TLS that may be
 * its goodbye as well as its next request, so only the end of its sending counts. */
static gboolean client_cb(int fd, GIOCondition condition, gpointer user_data)
{
        Player *player = user_data;

        player->watch = 0;
        if (!player->ended && !player->closer)
                lose(player, "disconnected");
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

/* Tokens of the next event: thoughts and text never share one. */
static guint next_chunk(Player *player)
{
        guint end = player->sent < player->thought ? MIN(player->thought, player->stop) : player->stop;

        return MIN(player->spec.tokens_a_chunk, end - player->sent);
}

static void schedule(Player *player)
{
        guint tokens = player->sent + next_chunk(player);
        double due = player->start;

        if (player->spec.rate > 0 && tokens > 0)
                due += (tokens - 1) * (double)G_USEC_PER_SEC / player->spec.rate;
        due = ceil((due - g_get_monotonic_time()) / 1000);
        if (player->spec.comments && !player->begun)
                due = MIN(due, PLAYER_KEEPALIVE_MS);
        player->tick = g_timeout_add(MAX(due, playing / PLAYERS_A_MS), tick_cb, player);
}

static void send_chunk(Player *player, guint tokens, GString *out)
{
        GString *to = player->spec.stream ? out : NULL;
        gboolean thinks = player->sent < player->thought, long_line = player->spec.long_line && !player->lengthened && !thinks && to;
        const char *from = player->at;

        for (guint i = 0; i < tokens; i++)
                player->at = token_end(player->at);
        player->sent += tokens;
        player->reply->tokens_out = player->sent;
        if (long_line) {
                write_bytes(player, out->str, out->len);
                g_string_truncate(out, 0);
        }
        if (thinks)
                reply_thought(player->reply, to, from, player->at - from);
        else
                reply_text(player->reply, to, from, player->at - from);
        if (long_line) {
                player->lengthened = TRUE;
                write_long_line(player, out);
        }
        if (thinks)
                player->reply->tokens_thought = player->sent;
        if (thinks && player->sent == player->thought)
                player->at = player->spec.text;
}

/* Sends the tokens up to `due` in whole chunks; a last one may be smaller. */
static void send_due(Player *player, guint due, GString *out)
{
        while (player->sent < player->stop) {
                guint tokens = next_chunk(player);
                if (player->sent + tokens > due)
                        return;
                send_chunk(player, tokens, out);
        }
}

static gboolean tick_cb(gpointer user_data)
{
        Player *player = user_data;
        const char *keepalive = player->reply->dialect->keepalive;
        g_autoptr(GString) out = g_string_new(NULL);

        player->tick = 0;
        if (player->spec.comments && !player->begun && g_get_monotonic_time() < player->start) {
                if (keepalive && player->spec.stream)
                        write_bytes(player, keepalive, strlen(keepalive));
                schedule(player);
                return G_SOURCE_REMOVE;
        }
        if (!player->begun)
                reply_begin(player->reply, player->spec.stream ? out : NULL);
        player->begun = TRUE;
        send_due(player, tokens_due(player), out);
        if (player->sent == player->stop) {
                player_stop(player, out);
                return G_SOURCE_REMOVE;
        }
        write_bytes(player, out->str, out->len);
        schedule(player);
        return G_SOURCE_REMOVE;
}

/* ---- the beginning ---- */

static Player *player_new(SoupServerMessage *message, const PlayerSpec *spec)
{
        Player *player = g_new0(Player, 1);
        guint total;

        player->message = g_object_ref(message);
        player->spec = *spec;
        player->reply = spec->reply;
        player->spec.text = g_strdup(spec->text);
        player->spec.finish_reason = g_strdup(spec->finish_reason);
        if (spec->tokens_a_chunk == 0)
                player->spec.tokens_a_chunk = spec->reply->dialect->tokens_a_chunk;
        player->pending = g_string_new(NULL);
        player->thoughts = thoughts_of(spec->thoughts);
        player->thought = player_tokens(player->thoughts);
        player->at = player->thought > 0 ? player->thoughts : player->spec.text;
        total = player->thought + player_tokens(spec->text);
        player->stop = spec->end == PLAYER_WHOLE ? total : (guint)(total * CLAMP(spec->share, 0, 1));
        player->start = g_get_monotonic_time() + spec->first_token_ms * 1000;
        return player;
}

static void watch_client(Player *player)
{
        GSocket *socket = soup_server_message_get_socket(player->message);

        g_socket_set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
        player->watch = g_unix_fd_add(g_socket_get_fd(socket), (GIOCondition)(POLLRDHUP | POLLHUP | POLLERR), client_cb, player);
}

void player_play(SoupServerMessage *message, const PlayerSpec *spec, PlayerFunc func, gpointer user_data)
{
        Player *player = player_new(message, spec);
        SoupMessageHeaders *headers = soup_server_message_get_response_headers(message);

        player->func = func;
        player->user_data = user_data;
        playing++;
        soup_server_message_set_status(message, 200, NULL);
        if (ends_politely(player))
                soup_message_headers_set_content_length(headers, NEVER_REACHED);
        else
                soup_message_headers_set_encoding(headers, SOUP_ENCODING_CHUNKED);
        soup_message_headers_replace(headers, "Content-Type", spec->stream ? spec->reply->dialect->type : "application/json");
        soup_message_headers_replace(headers, "Cache-Control", "no-cache");
        soup_message_body_set_accumulate(body_of(player), FALSE);
        g_signal_connect(message, "wrote-chunk", G_CALLBACK(wrote_chunk_cb), player);
        g_signal_connect(message, "wrote-headers", G_CALLBACK(wrote_headers_cb), player);
        g_signal_connect(message, "finished", G_CALLBACK(finished_cb), player);
        watch_client(player);
        if (spec->end == PLAYER_HEADERS)
                return; /* they are written when the handler returns, and then it is closed */
        soup_server_message_pause(message);
        schedule(player);
}
