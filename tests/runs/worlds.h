/* What the tests of runs share: a page, plans, and a world in which "a pomodoro timer" works. */
#pragma once

#include <string.h>

#include "agent/json.h"
#include "agent/runs/run.h"
#include "tests/runs/fakes.h"

#define PAGE(body) "<!doctype html>\n<html>\n<head><title>T</title></head>\n<body>\n" body "\n</body>\n</html>"
#define PLAN_TIMER                                                                                                             \
        "{\"title\": \"Timer\", \"glyph\": \"T\", \"requirements\": ["                                                         \
        "{\"text\": \"It starts at 25 minutes\", \"steps\": [{\"see\": {\"expr\": \"25\"}}]},"                                 \
        "{\"text\": \"Pause stops it\", \"steps\": [{\"press\": \"Pause\"}, {\"see\": \"24:00\"}]}], \"tools\": []}"
#define TOOL_PLAN                                                                                                                             \
        "{\"title\": \"Disk\", \"glyph\": \"D\", \"requirements\": [{\"text\": \"It shows folders\", \"steps\": [{\"see\": \"Videos\"}]}],"   \
        "\"tools\": [{\"name\": \"folder_sizes\", \"line\": \"sizes\", \"arguments\": {\"path\": \"folder\"}, \"result\": \"{}\","            \
        "\"capabilities\": {\"list\": [\"~\"]}, \"reason\": \"to add up\"}]}"
#define TOOL_ANSWER(mark) "```python\n# " mark "\ndef run(args):\n    return {}\n```\n```json\n[{\"args\": {}, \"result\": {}}]\n```\n"
#define BOTH_PASS "[{\"requirement\": 0, \"verdict\": \"passed\"}, {\"requirement\": 1, \"verdict\": \"shown\"}]"
#define PAUSE_FAILS                                                                                                                     \
        "[{\"requirement\": 0, \"verdict\": \"passed\"},"                                                                               \
        " {\"requirement\": 1, \"verdict\": \"failed\", \"step\": 1, \"wanted\": \"24:00\", \"saw\": \"23:00\"}]"

/* A sentence that no rule sorts: a model is asked where it goes. */
#define UNRULED "tomatoes by the clock"

static inline const char *ask(World *world, const char *text)
{
        g_autoptr(GError) error = NULL;
        const char *run = runs_ask(world->agent.runs, text, NULL, NULL, FALSE, NULL, &error);

        g_assert_no_error(error);
        return run;
}

static inline World *timer_world(void)
{
        World *world = world_new();

        world_answers(world, "ROUTE/1", "app");
        world_answers(world, "PLAN/1", "Here it is:\n```json\n" PLAN_TIMER "\n```");
        world_answers(world, "WRITE/1", "```html\n" PAGE("<button>Pause</button>") "\n```");
        world_value(world, "25", "25:00");
        return world;
}

#define assert_done(world, expected)                              \
        do {                                                      \
                g_test_message("%s", world_message(world));           \
                g_assert_cmpstr(world_outcome(world), ==, expected); \
                g_assert_nonnull(world_message(world));           \
        } while (0)

#define assert_asked(world, key, phrase) g_assert_nonnull(strstr((const char *)g_hash_table_lookup((world)->asked, key), phrase))

typedef struct {
        GString *text;
        gboolean ended;
} Reader;

static inline void read_draft(const char *bytes, gsize length, gpointer user_data)
{
        Reader *reader = user_data;

        g_assert_false(reader->ended);
        if (bytes)
                g_string_append_len(reader->text, bytes, length);
        else
                reader->ended = TRUE;
}
