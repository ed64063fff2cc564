#include "agent/runs/ahead.h"

#include <string.h>

#include "agent/runs/beforehand.h"

/* One call and its answer. */
typedef struct {
        Ahead *ahead;         /* NULL once it was thrown away or taken over */
        char *digest;
        LaneCall *call;       /* NULL: it is over */
        gboolean answered;
        LaneResult result;    /* of what was answered; owns its strings */
        LaneDoneFunc done;    /* of whoever took it over; NULL */
        gpointer user_data;
} Piece;

struct Ahead {
        Runs *runs;
        Agent *agent;
        Run *scratch;         /* what the run would be: nothing is told or recorded of it; NULL: nothing is prepared */
        char *app;            /* of the scratch run: the app to change; NULL */
        Piece *route, *plan;
        gboolean asked;       /* a run has been asked for with these words */
};

static void plan(Ahead *ahead);

/* ---- pieces ---- */

static void piece_free(Piece *piece)
{
        g_free((char *)piece->result.content);
        g_free((char *)piece->result.provider);
        g_free((char *)piece->result.model);
        g_free((char *)piece->result.finish_reason);
        g_free((char *)piece->result.recording);
        g_free(piece->digest);
        g_free(piece);
}

static void piece_drop(Piece *piece)
{
        if (!piece)
                return;
        piece->ahead = NULL;
        if (piece->call)
                lane_call_cancel(piece->call); /* its end frees the piece */
        else
                piece_free(piece);
}

static void result_copy(LaneResult *to, const LaneResult *from)
{
        *to = *from;
        to->content = g_strndup(from->content ? from->content : "", from->content ? from->content_length : 0);
        to->provider = g_strdup(from->provider);
        to->model = g_strdup(from->model);
        to->finish_reason = g_strdup(from->finish_reason);
        to->recording = g_strdup(from->recording);
}

/* Everything that decides what a model is asked. */
static char *digest_of(const LaneRequest *request)
{
        g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
        g_autofree char *head = g_strdup_printf("%s %s %u %u %s", request->lane, request->state, request->attempt, request->max_tokens,
                                                request->schema ? request->schema : "");

        g_checksum_update(sum, (const guchar *)head, -1);
        for (gsize i = 0; i < request->n_messages; i++) {
                g_checksum_update(sum, (const guchar *)request->messages[i].role, strlen(request->messages[i].role) + 1);
                g_checksum_update(sum, (const guchar *)request->messages[i].content, strlen(request->messages[i].content) + 1);
        }
        return g_strdup(g_checksum_get_string(sum));
}

static void take_route(Ahead *ahead, const Piece *piece)
{
        g_auto(GStrv) titles = runs_library_titles(ahead->agent);
        RouteWorld world = {.titles = (const char *const *)titles};
        Route route;

        if (!route_read_word(piece->result.content, piece->result.content_length, &route))
                return;
        ahead->scratch->route = route_rules_temper(runs_route_rules(ahead->runs), ahead->scratch->sentence, &world, route);
        if (ahead->scratch->route == ROUTE_APP || ahead->scratch->route == ROUTE_TOOL)
                plan(ahead);
}

static void done_cb(const LaneResult *result, const GError *error, gpointer user_data)
{
        Piece *piece = user_data;
        Ahead *ahead = piece->ahead;

        piece->call = NULL;
        if (piece->done) {
                piece->done(result, error, piece->user_data);
                piece_free(piece);
        } else if (!ahead) {
                piece_free(piece);
        } else if (error || !result) {
                /* As if nobody had asked: the run asks again. */
                if (ahead->route == piece)
                        ahead->route = NULL;
                else
                        ahead->plan = NULL;
                piece_free(piece);
        } else {
                piece->answered = TRUE;
                result_copy(&piece->result, result);
                if (piece == ahead->route)
                        take_route(ahead, piece);
        }
}

/* NULL where there is no room. Takes the prompt of asked. */
static Piece *piece_begin(Ahead *ahead, const ModelRequest *asked)
{
        g_autoptr(Prompt) prompt = asked->prompt;
        LaneRequest request;
        Piece *piece;

        run_lane_request(ahead->scratch, asked, &request);
        request.rank = ADMISSION_VARIANT;
        request.run = NULL;
        request.spare = TRUE;
        if (!lanes_spare(ahead->agent->lanes, &request, BEFOREHAND_PLANS))
                return NULL;
        piece = g_new0(Piece, 1);
        piece->ahead = ahead;
        piece->digest = digest_of(&request);
        piece->call = lanes_call(ahead->agent->lanes, &request, NULL, done_cb, piece);
        return piece;
}

/* ---- what is asked ---- */

static void plan(Ahead *ahead)
{
        ModelRequest request;

        if (plan_asks_model(ahead->scratch) && plan_request(ahead->scratch, NULL, NULL, &request, NULL))
                ahead->plan = piece_begin(ahead, &request);
}

static void ask_route(Ahead *ahead, const RouteWorld *world)
{
        ModelRequest request;

        if (route_request(ahead->scratch, world, &request, NULL))
                ahead->route = piece_begin(ahead, &request);
}

/* A change of an app: there is only the plan of it. */
static void prepare_change(Ahead *ahead)
{
        Run *scratch = ahead->scratch;

        scratch->route = ROUTE_EDIT;
        scratch->before = library_app(ahead->agent->library, ahead->app, NULL);
        if (!scratch->before || runs_app_is_taken(ahead->runs, ahead->app))
                return;
        scratch->app = g_strdup(ahead->app);
        scratch->title = g_strdup(scratch->before->title);
        scratch->glyph = g_strdup(scratch->before->glyph);
        plan(ahead);
}

static void prepare_new(Ahead *ahead)
{
        g_auto(GStrv) titles = runs_library_titles(ahead->agent);
        RouteWorld world = {.titles = (const char *const *)titles};
        RouteChoice choice;

        if (route_knows_app(ahead->scratch))
                return;
        if (!route_rules_decide(runs_route_rules(ahead->runs), ahead->scratch->sentence, &world, &choice)) {
                ask_route(ahead, &world);
                return;
        }
        ahead->scratch->route = choice.route;
        if (choice.route == ROUTE_APP || choice.route == ROUTE_TOOL)
                plan(ahead);
}

static guint words_in(const char *text)
{
        g_auto(GStrv) words = g_strsplit_set(text, " \t\n", -1);
        guint n = 0;

        for (char **word = words; *word; word++)
                n += **word != '\0';
        return n;
}

static void drop(Ahead *ahead)
{
        piece_drop(g_steal_pointer(&ahead->route));
        piece_drop(g_steal_pointer(&ahead->plan));
        g_clear_pointer(&ahead->scratch, run_unref);
        g_clear_pointer(&ahead->app, g_free);
        ahead->asked = FALSE;
}

/* ---- the door ---- */

gboolean ahead_paused(Ahead *ahead, const char *text, const char *app)
{
        if (ahead->scratch && g_str_equal(ahead->scratch->sentence, text) && g_strcmp0(ahead->app, app) == 0)
                return ahead->route || ahead->plan;
        drop(ahead);
        if (words_in(text) < AHEAD_WORDS_MIN)
                return FALSE;
        ahead->scratch = run_new(ahead->runs, ahead->agent, "r0");
        ahead->scratch->kind = g_strdup("ask");
        ahead->scratch->sentence = g_strdup(text);
        ahead->app = g_strdup(app);
        if (app)
                prepare_change(ahead);
        else
                prepare_new(ahead);
        return ahead->route || ahead->plan;
}

void ahead_typed(Ahead *ahead, const char *text)
{
        g_autofree char *words = text ? g_strstrip(g_strdup(text)) : NULL;

        if (ahead->scratch && !ahead->asked && g_strcmp0(ahead->scratch->sentence, words) != 0)
                drop(ahead);
}

void ahead_asked(Ahead *ahead, const char *text)
{
        if (!ahead->scratch)
                return;
        ahead->asked = g_str_equal(ahead->scratch->sentence, text);
        if (!ahead->asked)
                drop(ahead);
}

static gboolean answer_cb(gpointer user_data)
{
        Piece *piece = user_data;

        piece->done(&piece->result, NULL, piece->user_data);
        piece_free(piece);
        return G_SOURCE_REMOVE;
}

gboolean ahead_adopt(Ahead *ahead, const LaneRequest *request, LaneDoneFunc done, gpointer user_data, LaneCall **call)
{
        g_autofree char *digest = ahead->route || ahead->plan ? digest_of(request) : NULL;
        Piece **place = digest && ahead->route && g_str_equal(ahead->route->digest, digest) ? &ahead->route
                      : digest && ahead->plan && g_str_equal(ahead->plan->digest, digest)   ? &ahead->plan : NULL;
        Piece *piece;

        if (!place || (!(*place)->answered && !lane_call_claim((*place)->call, request->run)))
                return FALSE;
        piece = g_steal_pointer(place);
        piece->ahead = NULL;
        piece->done = done;
        piece->user_data = user_data;
        *call = piece->call;
        if (piece->answered)
                g_idle_add(answer_cb, piece);
        return TRUE;
}

Ahead *ahead_new(Runs *runs, Agent *agent)
{
        Ahead *ahead = g_new0(Ahead, 1);

        ahead->runs = runs;
        ahead->agent = agent;
        return ahead;
}

void ahead_free(Ahead *ahead)
{
        if (!ahead)
                return;
        drop(ahead);
        g_free(ahead);
}

gboolean runs_paused(Runs *runs, const char *text, const char *app)
{
        return ahead_paused(runs_ahead(runs), text, app);
}

void runs_typed(Runs *runs, const char *text)
{
        ahead_typed(runs_ahead(runs), text);
}
