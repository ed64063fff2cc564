/* Verifies that events in any order, of unknown apps and with hostile values leave a model that can be shown; and the words that follow
 * from it. */
#include <string.h>

#include "shell/ui/evidence.h"
#include "shell/ui/page.h"
#include "shell/ui/statefile.h"

static const char *const samples[][2] = {
        {"run", "{'run':'r1','text':'a timer','kind':'ask'}"},
        {"state", "{'run':'r1','app':'timer','state':'PLAN','attempt':1,'detail':'Planning'}"},
        {"route", "{'run':'r1','route':'app'}"},
        {"window", "{'run':'r1','app':'timer','title':'Timer','glyph':'T'}"},
        {"plan", "{'run':'r1','app':'timer','title':'Timer','requirements':[{'text':'It counts','steps':[]},{'text':'It looks calm','steps':[],'eye':true}],'tools':[]}"},
        {"tool", "{'run':'r1','name':'clock','state':'failed','attempt':1,'error':'Traceback'}"},
        {"draft", "{'run':'r1','app':'timer','draft':'r1.1','path':'/app/timer/index.html?draft=r1.1','streaming':true,'expected':900}"},
        {"progress", "{'run':'r1','state':'WRITE','tokens':450,'expected':900,'rate':1000}"},
        {"written", "{'run':'r1','app':'timer','draft':'r1.1','bytes':2000}"},
        {"check", "{'run':'r1','app':'timer','draft':'r1.1','path':'index.html?draft=r1.1','requirements':[],'tools':{}}"},
        {"evidence", "{'run':'r1','app':'timer','draft':'r1.1','passed':0,'total':1,'results':[{'requirement':0,'verdict':'failed','did':'pressed Start','saw':'25:00','wanted':'24:59'}],"
                     "'findings':[{'kind':'exception','text':'x is not defined','line':12,'count':2}]}"},
        {"question", "{'question':'q1','app':'timer','title':'Timer','capability':'read','resource':'/home','sentence':'May it?','detail':'No more','quote':'a timer','answers':['once','no']}"},
        {"answered", "{'question':'q1','answer':'once'}"},
        {"deliver", "{'run':'r1','app':'timer','title':'Timer','version':1,'passed':1,'total':1,'broken':0,'eye':1,'draft':'r1.1'}"},
        {"answer", "{'run':'r1','text':'42'}"},
        {"open", "{'app':'timer','title':'Timer','glyph':'T','url':''}"},
        {"app", "{'app':'timer','title':'Timer','glyph':'T','version':1}"},
        {"lane", "{'lane':'fast','model':'hand','provider':'rehearsal','recording':'by hand','pace':1000}"},
        {"usage", "{'run':'r1','state':'WRITE','attempt':1,'model':'m','recording':'by hand','tokens_in':1,'tokens_out':2,'first_token_ms':3,'ms':4,'rate':5}"},
        {"notice", "{'level':'info','text':'hello'}"},
        {"done", "{'run':'r1','app':'timer','outcome':'delivered','message':'','timeline':[]}"},
        {"variants", "{'run':'r1','app':'timer','state':'choose','drafts':[{'draft':'r1.1','brief':'large'},{'draft':'r1.2','brief':'small'}],'groups':[['r1.2'],['r1.1']]}"},
        {"variant", "{'run':'r1','app':'timer','draft':'r1.1','state':'checked','path':'index.html?draft=r1.1','passed':1,'total':2,'shown':0,'broken':1,'eye':0,'clean':true}"},
        {"snapshot", "{'runs':[{'run':'r1','app':'timer','text':'a timer','state':'CHECK'}],'apps':[{'id':'timer','title':'Timer','version':2}],'questions':[],'lanes':[]}"},
};

static json_object *
parse(const char *text)
{
        g_autofree char *json = g_strdelimit(g_strdup(text), "'", '"');
        json_object *data = json_tokener_parse(json);

        g_assert_nonnull(data);
        return data;
}

static gboolean
feed(Model *model, const char *name, guint64 id, const char *text)
{
        EventType type;
        json_object *data = parse(text);
        gboolean taken;

        g_assert_true(event_type_parse(name, &type));
        taken = model_apply(model, type, id, data);
        json_object_put(data);
        return taken;
}

/* Where a run is stuck the button says who could go on; the next run takes it away. */
static void
test_deeper(void)
{
        Model *model = model_new();
        App *app;

        feed(model, "run", 1, "{'run':'r1','text':'a timer','kind':'ask'}");
        feed(model, "window", 2, "{'run':'r1','app':'timer','title':'Timer','glyph':'T'}");
        feed(model, "done", 3, "{'run':'r1','app':'timer','outcome':'delivered','message':'','timeline':{},"
             "'deeper':{'provider':'P','model':'gpt-5','seconds':20.4,'dollars':0.031}}");
        app = model_app(model, "timer");
        g_assert_cmpstr(app->deeper, ==, "gpt-5 · about 20 s · about $0.031");
        feed(model, "run", 4, "{'run':'r2','app':'timer','text':'again','kind':'fix'}");
        feed(model, "state", 5, "{'run':'r2','app':'timer','state':'WRITE','attempt':1}");
        g_assert_null(app->deeper);
        feed(model, "done", 6, "{'run':'r2','app':'timer','outcome':'delivered','message':'','timeline':{},'deeper':{'provider':'P','model':'m'}}");
        g_assert_cmpstr(app->deeper, ==, "m");
        model_free(model);
}

static void
must_be_showable(const char *text)
{
        g_assert_nonnull(text);
        g_assert_true(g_utf8_validate(text, -1, NULL));
        for (const char *at = text; *at; at = g_utf8_next_char(at)) {
                gunichar c = g_utf8_get_char(at);

                g_assert_false(g_unichar_iscntrl(c));
                g_assert_false((c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069));
        }
}

static void
must_hold(Model *model)
{
        static const PageLife lives[] = {LIFE_WELL, LIFE_STUCK, LIFE_CRASHED};
        GHashTableIter iter;
        gpointer value;

        g_hash_table_iter_init(&iter, model->apps);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                App *app = value;

                must_be_showable(app->title);
                must_be_showable(app->glyph);
                must_be_showable(app->sentence);
                for (guint i = 0; i < app->requirements->len; i++)
                        must_be_showable(((Requirement *)app->requirements->pdata[i])->text);
                for (guint i = 0; i < G_N_ELEMENTS(lives); i++) {
                        WmEvidence evidence;

                        evidence_fill(&evidence, app, model_app_run(model, app), "", model->lane, lives[i]);
                        must_be_showable(evidence.title);
                        must_be_showable(evidence.evidence);
                        must_be_showable(evidence.glyph);
                        g_assert_cmpfloat(evidence.progress, <=, 1);
                }
        }
        for (guint i = 0; i < model->questions->len; i++)
                must_be_showable(((Question *)model->questions->pdata[i])->sentence);
}

static void
test_story(void)
{
        Model *model = model_new();
        App *app;
        WmEvidence evidence;

        for (guint i = 0; i <= 7; i++)
                g_assert_true(feed(model, samples[i][0], i + 1, samples[i][1]));
        app = model_app(model, "timer");
        g_assert_nonnull(app);
        g_assert_cmpstr(app->path, ==, "index.html?draft=r1.1");
        g_assert_cmpstr(app->file, ==, "index.html");
        g_assert_cmpuint(app->requirements->len, ==, 2);
        evidence_fill(&evidence, app, model_app_run(model, app), "", model->lane, LIFE_WELL);
        g_assert_cmpstr(evidence.evidence, ==, "planning");
        g_assert_cmpint(evidence.button, ==, WM_BUTTON_STOP);
        g_assert_cmpfloat_with_epsilon(evidence.progress, 0.5, 0.001);
        for (guint i = 8; i <= 10; i++)
                g_assert_true(feed(model, samples[i][0], i + 1, samples[i][1]));
        g_assert_cmpstr(((Requirement *)app->requirements->pdata[0])->seen, ==, "pressed Start; saw 25:00, wanted 24:59");
        g_assert_cmpuint(app_broken(app), ==, 1);
        g_assert_cmpuint(model_resume_position(model), ==, 0);
        for (guint i = 11; i < G_N_ELEMENTS(samples) - 1; i++)
                feed(model, samples[i][0], i + 1, samples[i][1]);
        evidence_fill(&evidence, app, model_app_run(model, app), "delivered", model->lane, LIFE_WELL);
        g_assert_cmpstr(evidence.evidence, ==, "recording · does 1 of 1");
        g_assert_cmpstr(evidence.button_label, ==, "Fix this");
        g_assert_cmpfloat(evidence.progress, <, 0);
        g_assert_cmpuint(model_resume_position(model), ==, G_N_ELEMENTS(samples) - 1);
        must_hold(model);
        model_free(model);
}

static void
test_any_order(void)
{
        guint n = G_N_ELEMENTS(samples);

        /* Every pair of events, first and alone, then everything after them: forwards and backwards. */
        for (guint a = 0; a < n; a++)
                for (guint b = 0; b < n; b++) {
                        Model *model = model_new();

                        feed(model, samples[a][0], 1, samples[a][1]);
                        feed(model, samples[b][0], 2, samples[b][1]);
                        for (guint i = 0; i < n; i++)
                                feed(model, samples[(a + i) % n][0], 3 + i, samples[(a + i) % n][1]);
                        for (guint i = n; i > 0; i--)
                                feed(model, samples[i - 1][0], 100 + i, samples[i - 1][1]);
                        must_hold(model);
                        model_free(model);
                }
}

static void
test_random_order(void)
{
        for (guint round = 0; round < 300; round++) {
                Model *model = model_new();

                for (guint i = 0; i < 60; i++) {
                        guint pick = (guint)g_test_rand_int_range(0, G_N_ELEMENTS(samples));

                        feed(model, samples[pick][0], i, samples[pick][1]);
                }
                must_hold(model);
                model_free(model);
        }
}

/* Every field of every event replaced by each of these, one at a time. */
static void
test_hostile(void)
{
        static const char *const values[] = {
                "null", "true", "-1", "1e308", "99999999999999999999", "'../../etc/passwd'", "''", "[]", "{}", "[[[1]],null,{'text':5}]",
                "'<b>\\u0000\\u202e\\u0007</b>'", "'r99999999999999999999999999'", "[{'requirement':-5,'verdict':'passed'},{'requirement':9999}]",
        };
        for (guint i = 0; i < G_N_ELEMENTS(samples); i++) {
                json_object *whole = parse(samples[i][1]);

                json_object_object_foreach(whole, key, original) {
                        for (guint v = 0; v < G_N_ELEMENTS(values); v++) {
                                Model *model = model_new();
                                json_object *changed = NULL, *value;
                                g_autofree char *json = g_strdelimit(g_strdup(values[v]), "'", '"');
                                EventType type;

                                (void)original;
                                for (guint before = 0; before < i; before++)
                                        feed(model, samples[before][0], before + 1, samples[before][1]);
                                json_object_deep_copy(whole, &changed, NULL);
                                value = json_tokener_parse(json);
                                json_object_object_add(changed, key, value);
                                g_assert_true(event_type_parse(samples[i][0], &type));
                                model_apply(model, type, 50, changed);
                                must_hold(model);
                                json_object_put(changed);
                                model_free(model);
                        }
                }
                json_object_put(whole);
        }
}

static void
test_bounds(void)
{
        Model *model = model_new();

        for (guint i = 0; i < 3 * MODEL_RUNS_MAX; i++) {
                g_autofree char *run = g_strdup_printf("{'run':'r%u','text':'x','kind':'ask'}", i);
                g_autofree char *window = g_strdup_printf("{'run':'r%u','app':'a%u','title':'x','glyph':'x'}", i, i);
                g_autofree char *question = g_strdup_printf("{'question':'q%u','sentence':'x','answers':['no']}", i);

                feed(model, "run", i + 1, run);
                feed(model, "window", i + 1, window);
                feed(model, "question", i + 1, question);
        }
        g_assert_cmpuint(model->run_order->len, <=, 2 * MODEL_RUNS_MAX);
        g_assert_cmpuint(g_hash_table_size(model->runs), ==, model->run_order->len);
        g_assert_cmpuint(model->questions->len, ==, MODEL_QUESTIONS_MAX);
        model_free(model);
}

/* All combinations of what a title bar depends on. */
static void
test_words(void)
{
        static const char *const states[] = {"", "ROUTE", "PLAN", "PREPARE", "WRITE", "CHECK", "REPAIR", "DELIVER", "NEW"};
        static const char *const words[] = {"planning", "planning", "planning", "making its tools", "writing", "checking", "repairing", "checking", "planning"};
        for (guint s = 0; s < G_N_ELEMENTS(states); s++)
                for (guint recording = 0; recording < 2; recording++)
                        for (guint version = 0; version < 2; version++) {
                                Model *model = model_new();
                                g_autofree char *state = g_strdup_printf("{'run':'r1','app':'timer','state':'%s','attempt':1}", states[s]);
                                g_autofree char *wanted = g_strdup_printf(recording ? "recording · %s" : "%s", words[s]);
                                WmEvidence evidence;
                                App *app;

                                if (recording)
                                        feed(model, "lane", 1, samples[17][1]);
                                if (version)
                                        feed(model, "app", 1, samples[16][1]);
                                feed(model, "state", 2, state);
                                app = model_app(model, "timer");
                                evidence_fill(&evidence, app, model_app_run(model, app), "", model->lane, LIFE_WELL);
                                g_assert_cmpstr(evidence.evidence, ==, wanted);
                                g_assert_cmpstr(evidence.button_label, ==, "Stop");
                                g_assert_cmpint(evidence.tone, ==, WM_TONE_QUIET);
                                model_free(model);
                        }
}

/* Once a check has found something, the repair says what of it works. */
static void
test_repair_words(void)
{
        Model *model = model_new();
        WmEvidence evidence;
        App *app;

        feed(model, "state", 1, "{'run':'r1','app':'timer','state':'CHECK','attempt':1}");
        feed(model, "evidence", 2, "{'run':'r1','app':'timer','draft':'r1.1','passed':5,'total':6,'results':[],'findings':[]}");
        feed(model, "state", 3, "{'run':'r1','app':'timer','state':'REPAIR','attempt':1}");
        app = model_app(model, "timer");
        evidence_fill(&evidence, app, model_app_run(model, app), "", model->lane, LIFE_WELL);
        g_assert_cmpstr(evidence.evidence, ==, "5 of 6 · repairing");
        model_free(model);
}

static void
test_finished_words(void)
{
        Model *model = model_new();
        WmEvidence evidence;
        App *app;

        for (guint passed = 0; passed <= 6; passed++)
                for (guint seen = 0; seen < 3; seen++) {
                        g_autofree char *deliver = g_strdup_printf("{'run':'r1','app':'timer','title':'T','version':1,'passed':%u,'total':6,'broken':%u,'eye':0,'draft':'d'}",
                                                                   passed, 6 - passed);
                        g_autoptr(GString) wanted = g_string_new(NULL);
                        g_autofree char *label = NULL;
                        guint broken = 6 - passed + seen;

                        feed(model, "deliver", 1, deliver);
                        feed(model, "done", 2, samples[20][1]);
                        app = model_app(model, "timer");
                        for (guint i = 0; i < seen; i++) {
                                g_autofree char *text = g_strdup_printf("{'kind':'exception','text':'e%u'}", i);
                                json_object *finding = parse(text);

                                model_add_seen(app, finding);
                                model_add_seen(app, finding);
                                json_object_put(finding);
                        }
                        g_string_printf(wanted, "does %u of 6", passed);
                        if (broken > 0)
                                g_string_append_printf(wanted, " · %u broken", broken);
                        label = broken > 0 ? g_strdup_printf("Fix %u found", broken) : g_strdup("Fix this");
                        evidence_fill(&evidence, app, NULL, "delivered", NULL, LIFE_WELL);
                        g_assert_cmpstr(evidence.evidence, ==, wanted->str);
                        g_assert_cmpstr(evidence.button_label, ==, label);
                        g_assert_cmpint(evidence.tone, ==, broken > 0 ? WM_TONE_BAD : WM_TONE_OK);
                        evidence_fill(&evidence, app, NULL, "delivered", NULL, LIFE_STUCK);
                        g_assert_true(g_str_has_prefix(evidence.evidence, "not responding · does"));
                        model_free(model);
                        model = model_new();
                }
        /* What is only shown stands beside what was proven, and alone it is no success. */
        feed(model, "deliver", 1, "{'run':'r1','app':'timer','title':'T','version':1,'passed':5,'shown':1,'total':5,'broken':0,'eye':0,'draft':'d'}");
        feed(model, "done", 2, samples[20][1]);
        evidence_fill(&evidence, model_app(model, "timer"), NULL, "delivered", NULL, LIFE_WELL);
        g_assert_cmpstr(evidence.evidence, ==, "does 5 of 5 · 1 shown");
        g_assert_cmpint(evidence.tone, ==, WM_TONE_OK);
        feed(model, "app", 3, "{'app':'timer','passed':0,'shown':2,'total':0}");
        evidence_fill(&evidence, model_app(model, "timer"), NULL, "delivered", NULL, LIFE_WELL);
        g_assert_cmpstr(evidence.evidence, ==, "2 shown");
        g_assert_cmpint(evidence.tone, ==, WM_TONE_QUIET);
        model_free(model);
        model = model_new();
        feed(model, "window", 1, samples[3][1]);
        app = model_app(model, "timer");
        evidence_fill(&evidence, app, NULL, "failed", NULL, LIFE_WELL);
        g_assert_cmpstr(evidence.evidence, ==, "failed");
        evidence_fill(&evidence, app, NULL, "stopped", NULL, LIFE_WELL);
        g_assert_cmpstr(evidence.evidence, ==, "stopped");
        g_assert_cmpstr(evidence.button_label, ==, "Ask again");
        model_free(model);
}

/* What the evidence sheet tells of a run that is over, and of the versions before. */
static void
test_stages_and_history(void)
{
        Model *model = model_new();
        const Stage *stage;
        Run *run;
        App *app;

        feed(model, "window", 1, samples[3][1]);
        feed(model, "done", 2, "{'run':'r1','app':'timer','outcome':'delivered','message':'','timeline':{'stages':[{'state':'CHECK','attempt':2,'ms':310.5,"
             "'check_ms':300,'tool_ms':-4,'tokens':'many'},7]}}");
        run = model_run(model, "r1");
        g_assert_cmpuint(run->stages->len, ==, 2);
        stage = run->stages->pdata[0];
        g_assert_cmpstr(stage->state, ==, "CHECK");
        g_assert_cmpuint(stage->attempt, ==, 2);
        g_assert_cmpfloat(stage->check_ms, ==, 300);
        g_assert_cmpfloat(stage->tool_ms, ==, 0);
        feed(model, "app", 3, "{'app':'timer','version':2,'history':[{'text':'larger\\u0007','time':20},{'text':'a timer','time':-5}]}");
        app = model_app(model, "timer");
        g_assert_cmpuint(app->history->len, ==, 2);
        g_assert_cmpstr(((Change *)app->history->pdata[0])->text, ==, "larger");
        g_assert_cmpstr(app->said, ==, "larger");
        g_assert_cmpint(((Change *)app->history->pdata[1])->time, ==, 0);
        model_free(model);
}

static void
test_lane_text(void)
{
        Lane lane = {.lane = "fast", .model = "gpt-oss-120b", .provider = "x", .recording = "", .problem = ""};
        g_autofree char *none = evidence_lane_text(NULL, 5);
        g_autofree char *model = evidence_lane_text(&lane, 2940);
        g_autofree char *recording = NULL;

        lane.recording = "by hand";
        lane.pace = 1000;
        recording = evidence_lane_text(&lane, 2940);
        g_assert_cmpstr(none, ==, "no model");
        g_assert_cmpstr(model, ==, "fast: gpt-oss-120b · 2,940 tok/s");
        g_assert_cmpstr(recording, ==, "recording · 1,000 tok/s");
        /* How it was made differs from call to call: what the run used says it, whatever the folder is called. */
        g_autofree char *run = evidence_recording_text(&lane, "by hand, recorded from m");
        g_autofree char *nothing = evidence_recording_text(NULL, "");
        g_assert_cmpstr(run, ==, "recording · by hand, recorded from m · 1,000 tok/s");
        g_assert_cmpstr(nothing, ==, "");
}

static void
test_page(void)
{
        App app = {.version = 0, .draft = "r1.1", .path = "index.html?draft=r1.1", .streaming = TRUE, .accepted_draft = "r1.2"};

        g_assert_cmpint(page_action(EVENT_DRAFT, &app, NULL, FALSE), ==, PAGE_DRAFT);
        g_assert_cmpint(page_action(EVENT_DRAFT, &app, "r1.0", FALSE), ==, PAGE_KEEP);
        g_assert_cmpint(page_action(EVENT_DRAFT, &app, NULL, TRUE), ==, PAGE_KEEP);
        g_assert_cmpint(page_action(EVENT_WRITTEN, &app, "r1.1", FALSE), ==, PAGE_KEEP);
        g_assert_cmpint(page_action(EVENT_WRITTEN, &app, "r1.0", FALSE), ==, PAGE_DRAFT);
        g_assert_cmpint(page_action(EVENT_WRITTEN, &app, "", TRUE), ==, PAGE_KEEP);
        app.streaming = FALSE;
        g_assert_cmpint(page_action(EVENT_DRAFT, &app, NULL, FALSE), ==, PAGE_KEEP);
        g_assert_cmpint(page_action(EVENT_WRITTEN, &app, NULL, FALSE), ==, PAGE_DRAFT);
        g_assert_cmpint(page_action(EVENT_DELIVER, &app, "r1.2", FALSE), ==, PAGE_OPEN_GATE);
        g_assert_cmpint(page_action(EVENT_DELIVER, &app, "r1.1", FALSE), ==, PAGE_VERSION);
        g_assert_cmpint(page_action(EVENT_DELIVER, &app, "", TRUE), ==, PAGE_VERSION);
        g_assert_cmpint(page_action(EVENT_DELIVER, &app, NULL, FALSE), ==, PAGE_VERSION);
        g_assert_cmpint(page_action(EVENT_OPEN, &app, NULL, FALSE), ==, PAGE_KEEP);
        g_assert_cmpint(page_action(EVENT_DONE, &app, "r1.1", FALSE), ==, PAGE_CALM);
        g_assert_cmpint(page_action(EVENT_DONE, &app, NULL, FALSE), ==, PAGE_KEEP);
        app.version = 1;
        g_assert_cmpint(page_action(EVENT_DONE, &app, "r1.1", FALSE), ==, PAGE_KEEP);
        g_assert_cmpint(page_action(EVENT_DONE, &app, NULL, FALSE), ==, PAGE_VERSION);
        g_assert_cmpint(page_action(EVENT_OPEN, &app, NULL, TRUE), ==, PAGE_VERSION);
        g_assert_cmpint(page_action(EVENT_OPEN, &app, "", TRUE), ==, PAGE_KEEP);
        app.path = "";
        g_assert_cmpint(page_action(EVENT_WRITTEN, &app, NULL, FALSE), ==, PAGE_KEEP);
}

static void
test_state_file(void)
{
        g_autofree char *folder = g_dir_make_tmp("impromptu-state-XXXXXX", NULL);
        g_autofree char *path = g_build_filename(folder, "sub", "shell.json", NULL);
        g_autoptr(SavedState) none = saved_state_read(path);
        g_autoptr(SavedState) state = saved_state_new();
        g_autoptr(SavedState) again = NULL;
        g_autoptr(SavedState) broken = NULL;
        SavedWindow *window = saved_state_add(state, "disk-lens", "Disk <b>Lens\n", "D");
        static const char garbage[] = "{\"windows\":[{\"app\":\"../x\"},5,{\"app\":\"ok\",\"x\":1e99}],\"prompts\":[5,\"\",\"fine\"],\"resume\":-4";

        g_assert_cmpuint(none->windows->len, ==, 0);
        g_assert_null(saved_state_add(state, "../etc", "x", "x"));
        window->x = -20;
        window->width = 640;
        window->placed = TRUE;
        state->resume = 17;
        state->seen = G_MAXINT64;
        g_ptr_array_add(state->prompts, g_strdup("what is eating my disk?"));
        g_assert_true(saved_state_write(state, path, NULL));
        again = saved_state_read(path);
        g_assert_cmpuint(again->windows->len, ==, 1);
        window = again->windows->pdata[0];
        g_assert_cmpstr(window->app, ==, "disk-lens");
        g_assert_cmpstr(window->title, ==, "Disk <b>Lens");
        g_assert_cmpint(window->x, ==, -20);
        g_assert_true(window->placed);
        g_assert_cmpuint(again->resume, ==, 17);
        g_assert_cmpuint(again->seen, ==, G_MAXINT64);
        g_assert_cmpstr(again->prompts->pdata[0], ==, "what is eating my disk?");
        for (gsize cut = 0; cut <= strlen(garbage); cut++) {
                g_autoptr(SavedState) read = NULL;

                g_assert_true(g_file_set_contents(path, garbage, (gssize)cut, NULL));
                read = saved_state_read(path);
                g_assert_nonnull(read);
        }
        g_assert_true(g_file_set_contents(path, "{\"windows\":[{\"app\":\"../x\"},5,{\"app\":\"ok\",\"x\":1e99}],\"prompts\":[5,\"\",\"fine\"],\"resume\":-4}", -1, NULL));
        broken = saved_state_read(path);
        g_assert_cmpuint(broken->windows->len, ==, 1);
        g_assert_cmpuint(broken->prompts->len, ==, 1);
        g_assert_cmpuint(broken->resume, ==, 0);
}

int
main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/model/deeper", test_deeper);
        g_test_add_func("/model/story", test_story);
        g_test_add_func("/model/any-order", test_any_order);
        g_test_add_func("/model/random-order", test_random_order);
        g_test_add_func("/model/hostile", test_hostile);
        g_test_add_func("/model/bounds", test_bounds);
        g_test_add_func("/evidence/working", test_words);
        g_test_add_func("/evidence/working-repair", test_repair_words);
        g_test_add_func("/evidence/finished", test_finished_words);
        g_test_add_func("/evidence/lane", test_lane_text);
        g_test_add_func("/model/stages-and-history", test_stages_and_history);
        g_test_add_func("/page/action", test_page);
        g_test_add_func("/state/file", test_state_file);
        return g_test_run();
}
