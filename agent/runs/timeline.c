#include "agent/runs/timeline.h"

#include "agent/json.h"

#define OWN WAIT_COUNT

typedef struct {
        const char *state; /* a literal */
        guint attempt;
        gint64 us[WAIT_COUNT + 1];
        gint64 earlier_us; /* of BEFORE and DOWN */
        guint tokens;
        double rate;
        gint64 first_token_us;
} Stage;

static const char *const mark_names[] = {"window", "first-paint", "usable"};
static const char *const mark_fields[] = {"window", "first_paint", "usable"};

struct Timeline {
        gint64 asked, last, ended;
        GArray *stages;
        guint waiting[WAIT_COUNT];
        gint64 marks[G_N_ELEMENTS(mark_names)];
};

Timeline *timeline_new(gint64 now)
{
        Timeline *timeline = g_new0(Timeline, 1);

        timeline->asked = timeline->last = now;
        timeline->stages = g_array_new(FALSE, TRUE, sizeof(Stage));
        timeline_stage(timeline, "ROUTE", 0, now);
        return timeline;
}

void timeline_free(Timeline *timeline)
{
        if (!timeline)
                return;
        g_array_unref(timeline->stages);
        g_free(timeline);
}

void timeline_resume(Timeline *timeline, gint64 worked_us, gint64 down_us)
{
        const Stage earlier[] = {{.state = "BEFORE", .earlier_us = MAX(worked_us, 0)}, {.state = "DOWN", .earlier_us = MAX(down_us, 0)}};

        timeline->asked -= earlier[0].earlier_us + earlier[1].earlier_us;
        g_array_prepend_vals(timeline->stages, earlier, G_N_ELEMENTS(earlier));
}

static Stage *current(Timeline *timeline)
{
        return &g_array_index(timeline->stages, Stage, timeline->stages->len - 1);
}

/* Books the time since the last change on what was being waited for. */
static void book(Timeline *timeline, gint64 now)
{
        guint wait = 0;

        if (timeline->stages->len == 0 || timeline->ended)
                return;
        while (wait < WAIT_COUNT && timeline->waiting[wait] == 0)
                wait++;
        current(timeline)->us[wait] += MAX(now - timeline->last, 0);
        timeline->last = now;
}

void timeline_stage(Timeline *timeline, const char *state, guint attempt, gint64 now)
{
        Stage stage = {.state = state, .attempt = attempt};

        book(timeline, now);
        /* What passed before the first state belongs to it. */
        if (timeline->stages->len > 0 && current(timeline)->attempt == 0) {
                current(timeline)->state = state;
                current(timeline)->attempt = attempt;
        } else if (timeline->stages->len < TIMELINE_STAGES_MAX) {
                g_array_append_val(timeline->stages, stage);
        }
}

void timeline_wait(Timeline *timeline, TimelineWait wait, gint64 now)
{
        book(timeline, now);
        timeline->waiting[wait]++;
}

void timeline_waited(Timeline *timeline, TimelineWait wait, gint64 now)
{
        book(timeline, now);
        if (timeline->waiting[wait] > 0)
                timeline->waiting[wait]--;
}

void timeline_tokens(Timeline *timeline, guint tokens, double rate, gint64 first_token_us)
{
        Stage *stage = current(timeline);

        stage->tokens += tokens;
        stage->rate = rate;
        if (stage->first_token_us == 0)
                stage->first_token_us = first_token_us;
}

gboolean timeline_mark(Timeline *timeline, const char *mark, gint64 at)
{
        for (guint i = 0; i < G_N_ELEMENTS(mark_names); i++) {
                if (!g_str_equal(mark, mark_names[i]))
                        continue;
                if (timeline->marks[i] == 0 && at > timeline->asked)
                        timeline->marks[i] = at;
                return TRUE;
        }
        return FALSE;
}

void timeline_end(Timeline *timeline, gint64 now)
{
        book(timeline, now);
        if (!timeline->ended)
                timeline->ended = now;
}

static void add_ms(json_object *object, const char *field, gint64 us)
{
        json_add_real(object, field, us / 1000.0);
}

static json_object *stage_to_json(const Stage *stage)
{
        json_object *object = json_object_new_object();
        gint64 all = stage->earlier_us;

        for (guint i = 0; i <= WAIT_COUNT; i++)
                all += stage->us[i];
        json_add_text(object, "state", stage->state);
        json_add_int(object, "attempt", stage->attempt);
        add_ms(object, "ms", all);
        add_ms(object, "model_ms", stage->us[WAIT_MODEL]);
        add_ms(object, "tool_ms", stage->us[WAIT_TOOL]);
        add_ms(object, "person_ms", stage->us[WAIT_PERSON]);
        add_ms(object, "turn_ms", stage->us[WAIT_TURN]);
        add_ms(object, "check_ms", stage->us[WAIT_VIEW]);
        add_ms(object, "own_ms", stage->us[OWN]);
        json_add_int(object, "tokens", stage->tokens);
        json_add_real(object, "rate", stage->rate);
        add_ms(object, "first_token_ms", stage->first_token_us);
        return object;
}

json_object *timeline_to_json(Timeline *timeline, gint64 now)
{
        json_object *object = json_object_new_object();
        json_object *stages = json_object_new_array();
        json_object *marks = json_object_new_object();
        gint64 own = 0, check = 0;

        book(timeline, now);
        for (guint i = 0; i < timeline->stages->len; i++) {
                const Stage *stage = &g_array_index(timeline->stages, Stage, i);

                json_object_array_add(stages, stage_to_json(stage));
                if (g_str_equal(stage->state, "CHECK"))
                        check += stage->us[OWN] + stage->us[WAIT_VIEW];
                else
                        own += stage->us[OWN];
        }
        for (guint i = 0; i < G_N_ELEMENTS(mark_names); i++)
                if (timeline->marks[i])
                        add_ms(marks, mark_fields[i], timeline->marks[i] - timeline->asked);
        json_add(object, "stages", stages);
        json_add(object, "marks", marks);
        add_ms(object, "total_ms", (timeline->ended ? timeline->ended : now) - timeline->asked);
        add_ms(object, "own_ms", own);
        add_ms(object, "own_check_ms", check);
        return object;
}
