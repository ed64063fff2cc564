/* Event streams. A reader first catches up from the journal, a slice at a time and only as fast as it reads, so that any number of old
 * events costs no memory; once it has, it is live: each event is sent as it is told. What it has been sent and not taken yet is its
 * backlog; a live reader that falls too far behind is cut off, and resumes from the journal with Last-Event-ID. Both stages run on the
 * main loop, so nothing comes between them: no event is missed and none is sent twice. */
#include <string.h>

#include "agent/exchange.h"
#include "agent/journal.h"
#include "agent/json.h"
#include "agent/library/library.h"
#include "agent/questions.h"
#include "agent/inference/lanes.h"
#include "agent/runs/runs.h"
#include "protocols/sse.h"

#define SLICE (256 * 1024) /* bytes on their way to a reader that is catching up */

typedef struct {
        Exchange *exchange;
        char *run;        /* NULL: all events */
        guint64 position; /* everything up to here was sent */
        gboolean first;   /* nothing sent yet, and the run's beginning is expected */
        gboolean live;
        gboolean ended;
        gboolean pumping;
        guint listener;
        gsize backlog;
} Reader;

static void reader_free(gpointer data)
{
        Reader *reader = data;
        journal_ignore(reader->exchange->agent->journal, reader->listener);
        g_free(reader->run);
        g_free(reader);
}

static void end(Reader *reader)
{
        if (!reader->ended)
                exchange_end(reader->exchange);
        reader->ended = TRUE;
}

static void send(Reader *reader, EventType type, guint64 id, json_object *data)
{
        g_autoptr(GString) out = g_string_new(NULL);
        g_autofree char *place = id ? g_strdup_printf("%" G_GUINT64_FORMAT, id) : NULL;
        sse_write(out, event_type_name(type), place, json_object_to_json_string_ext(data,
                JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
        reader->backlog += out->len;
        exchange_write(reader->exchange, out->str, out->len);
        if (id)
                reader->position = id;
        if (reader->run && type == EVENT_DONE)
                end(reader);
}

static json_object *list_apps(const Agent *agent)
{
        json_object *array = json_object_new_array();
        g_autoptr(GPtrArray) apps = library_apps(agent->library);
        for (guint i = 0; i < apps->len; i++)
                json_object_array_add(array, app_to_json(g_ptr_array_index(apps, i)));
        return array;
}

/* How things stand now, for a reader whose place is no longer kept: it goes on from here. */
static void send_snapshot(Reader *reader)
{
        const Agent *agent = reader->exchange->agent;
        g_autoptr(json_object) data = json_object_new_object(), lanes = lanes_describe(agent->lanes);
        json_object *runs = NULL;
        if (reader->run) {
                runs = json_object_new_array();
                json_object *run = runs_show(agent->runs, reader->run, NULL);
                if (run)
                        json_object_array_add(runs, run);
        } else {
                runs = runs_list(agent->runs);
        }
        json_add(data, "runs", runs);
        json_add(data, "apps", list_apps(agent));
        json_add(data, "questions", questions_waiting(agent->questions));
        json_add_copy(data, "lanes", json_field_array(lanes, "lanes"));
        send(reader, EVENT_SNAPSHOT, journal_last(agent->journal), data);
        reader->first = FALSE;
}

static void replay_cb(EventType type, guint64 id, json_object *data, gpointer user_data)
{
        Reader *reader = user_data;
        if (reader->first && type != EVENT_RUN)
                send_snapshot(reader);
        reader->first = FALSE;
        if (!reader->ended && id > reader->position)
                send(reader, type, id, data);
}

static void pump(Reader *reader)
{
        Journal *journal = reader->exchange->agent->journal;
        reader->pumping = TRUE;
        while (!reader->live && !reader->ended && reader->backlog < SLICE) {
                if (!journal_keeps(journal, reader->position))
                        send_snapshot(reader);
                guint64 reached = journal_read(journal, reader->position, reader->run, SLICE - reader->backlog, replay_cb, reader);
                reader->position = MAX(reached, reader->position);
                reader->live = reader->position >= journal_last(journal);
        }
        reader->pumping = FALSE;
        if (!reader->live || reader->ended || !reader->run || !runs_is_finished(reader->exchange->agent->runs, reader->run))
                return;
        /* Its end was told before the place that this reader resumed from, or is no longer kept. */
        if (reader->first)
                send_snapshot(reader);
        end(reader);
}

static void told_cb(EventType type, guint64 id, json_object *data, gpointer user_data)
{
        Reader *reader = user_data;
        if (!reader->live || reader->ended || (id && id <= reader->position))
                return;
        if (reader->run && g_strcmp0(json_text(data, "run"), reader->run) != 0)
                return;
        reader->first = FALSE;
        send(reader, type, id, data);
        if (reader->backlog > API_READER_BACKLOG_MAX) {
                reader->ended = TRUE;
                exchange_cut(reader->exchange);
        }
}

static void wrote_cb(SoupServerMessage *message, guint length, gpointer user_data)
{
        Reader *reader = user_data;
        reader->backlog -= MIN(length, reader->backlog);
        if (!reader->live && !reader->ended && !reader->pumping && reader->backlog < SLICE / 2)
                pump(reader);
}

/* after NULL: from the beginning of a run, or, for all events, from now on with a snapshot. */
static void start(Exchange *exchange, const char *run, const guint64 *after)
{
        Journal *journal = exchange->agent->journal;
        exchange_start(exchange, "text/event-stream");
        if (exchange_head(exchange)) {
                exchange_end(exchange);
                return;
        }
        Reader *reader = g_new0(Reader, 1);
        reader->exchange = exchange;
        reader->run = g_strdup(run);
        reader->position = after ? *after : journal_first(journal) - 1;
        reader->first = run && !after;
        reader->listener = journal_listen(journal, told_cb, reader);
        exchange->answer = reader;
        exchange->answer_free = reader_free;
        g_signal_connect(exchange->message, "wrote-body-data", G_CALLBACK(wrote_cb), reader);
        if (!run && !after)
                send_snapshot(reader);
        pump(reader);
        if (!run && !after)
                runs_view_came(exchange->agent->runs);
}

/* FALSE, and the answer is given, if the header is no place. */
static gboolean last_event_id(Exchange *exchange, guint64 *place, gboolean *given)
{
        const char *header = soup_message_headers_get_one(soup_server_message_get_request_headers(exchange->message), "Last-Event-ID");
        *given = header && *header;
        if (!*given || g_ascii_string_to_unsigned(header, 10, 0, G_MAXUINT64 - 1, place, NULL))
                return TRUE;
        exchange_refuse(exchange, API_ERROR_BAD_REQUEST, "Last-Event-ID is the number of the last event that was read.");
        return FALSE;
}

static void follow(Exchange *exchange, const char *run)
{
        guint64 place = 0;
        gboolean given;
        if (last_event_id(exchange, &place, &given))
                start(exchange, run, given ? &place : NULL);
}

void api_events(Exchange *exchange)
{
        follow(exchange, NULL);
}

void api_run_events(Exchange *exchange)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(json_object) run = runs_show(exchange->agent->runs, exchange->id, &error);
        if (run)
                follow(exchange, exchange->id);
        else
                exchange_fail(exchange, error);
}

void api_stream_run(Exchange *exchange, const char *run)
{
        start(exchange, run, NULL);
}
