/* A key is known to work once the provider's list of models has been read with it. Some providers show that list to everybody, so a list
 * that came is asked for again without any key: only if that is refused has the key proved something.
 *
 * The check has a transport of its own: it comes before the lanes know the key, and nothing of it is left afterwards. */
#include "agent/key-check.h"

#include <string.h>

#include "agent/inference/failure.h"
#include "agent/inference/lanes.h"

typedef struct {
        Transport *transport;
        Source *source;        /* with the key, then without */
        GString *body;
        KeyCheckFunc func;
        gpointer user_data;
        gboolean open;         /* the second question: does nobody get the list as well? */
        KeyVerdict verdict;
        char *sentence;
} KeyCheck;

static gboolean end_cb(gpointer user_data)
{
        KeyCheck *check = user_data;

        check->func(check->verdict, check->sentence, check->user_data);
        transport_free(check->transport);
        source_unref(check->source);
        g_string_free(check->body, TRUE);
        g_free(check->sentence);
        g_free(check);
        return G_SOURCE_REMOVE;
}

/* From the main loop, since a transport cannot be freed by its own callback. Takes sentence. */
static void end(KeyCheck *check, KeyVerdict verdict, char *sentence)
{
        check->verdict = verdict;
        check->sentence = sentence;
        g_idle_add(end_cb, check);
}

static void look(KeyCheck *check);

static void data_cb(TransportRequest *request, const char *bytes, gsize length, gpointer user_data)
{
        KeyCheck *check = user_data;

        g_string_append_len(check->body, bytes, (gssize)MIN(length, FAILURE_BODY_MAX - check->body->len));
}

static gboolean was_refused(const TransportOutcome *outcome)
{
        return outcome->end == TRANSPORT_WHOLE && (outcome->status == 401 || outcome->status == 403);
}

/* The list came without a key too, or it is not known whether it would. */
static void open_done(KeyCheck *check, const TransportOutcome *outcome)
{
        const char *title = check->source->title;

        if (was_refused(outcome))
                end(check, KEY_TAKEN, NULL);
        else
                end(check, KEY_UNKNOWN, g_strdup_printf("%s lists its models to everybody; it shows when it is first asked.", title));
}

static void done_cb(TransportRequest *request, const TransportOutcome *outcome, gpointer user_data)
{
        KeyCheck *check = user_data;

        if (check->open) {
                open_done(check, outcome);
        } else if (outcome->end == TRANSPORT_WHOLE && outcome->status == 200) {
                Source *nobody = source_new(check->source->provider, NULL, NULL);
                source_unref(check->source);
                check->source = nobody;
                check->open = TRUE;
                look(check);
        } else if (outcome->end == TRANSPORT_WHOLE && outcome->status == 404) {
                end(check, KEY_UNKNOWN, g_strdup_printf("%s has no list of models to try it on; it shows when it is first asked.",
                                                        check->source->title));
        } else {
                g_autoptr(Failure) failure = failure_of_http(check->source, request, outcome, check->body, LANE_RETRIES_MAX + 1);
                end(check, was_refused(outcome) ? KEY_REFUSED : KEY_UNKNOWN, g_strdup(failure->error->message));
        }
}

static void look(KeyCheck *check)
{
        g_autofree char *url = source_models_url(check->source);
        g_auto(GStrv) headers = source_headers(check->source, NULL, check->source->provider->dialect);
        TransportSpec spec = {.url = url, .headers = (const char *const *)headers, .first_byte_seconds = KEY_CHECK_SECONDS,
                              .stall_seconds = KEY_CHECK_SECONDS, .total_seconds = KEY_CHECK_SECONDS, .direct = check->source->here,
                              .ca_file = check->source->provider->ca_file, .fresh = TRUE};

        g_string_truncate(check->body, 0);
        transport_start(check->transport, &spec, data_cb, done_cb, check);
        for (char **header = headers; *header; header++)
                explicit_bzero(*header, strlen(*header));
}

void key_check(const Provider *provider, const char *key, KeyCheckFunc func, gpointer user_data)
{
        KeyCheck *check = g_new0(KeyCheck, 1);
        g_autoptr(GError) error = NULL;

        check->transport = transport_new();
        check->body = g_string_new(NULL);
        check->func = func;
        check->user_data = user_data;
        if (!source_key_check(key, &error)) {
                end(check, KEY_REFUSED, g_strdup(error->message));
        } else if (!provider->base) {
                end(check, KEY_UNKNOWN, g_strdup("It shows when the server is first asked."));
        } else {
                check->source = source_new(provider, NULL, key);
                look(check);
        }
}
