#include "agent/lane-choice.h"

#include <glib/gstdio.h>

#include "agent/inference/lanes.h"
#include "agent/json.h"

static char *choice_file(const Agent *agent)
{
        return g_build_filename(agent->state_folder, "lane.json", NULL);
}

void lane_choice_keep(const Agent *agent, const char *choice, const char *base)
{
        g_autofree char *path = choice_file(agent), *text = NULL;
        g_autoptr(json_object) object = json_object_new_object();
        g_autoptr(GError) error = NULL;
        if (!choice) {
                g_unlink(path);
                return;
        }
        json_add_text(object, "choose", choice);
        json_add_text(object, "base", base);
        text = json_line(object);
        if (!g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &error))
                g_warning("Which model was chosen could not be written down: %s", error->message);
}

void lane_choice_restore(const Agent *agent)
{
        g_autofree char *path = choice_file(agent), *text = NULL;
        g_autoptr(GError) error = NULL;
        const char *named = g_getenv("IMPROMPTU_LANE");
        gsize length;
        if ((named && *named) || !g_file_get_contents(path, &text, &length, NULL))
                return;
        g_autoptr(json_object) object = json_parse_object(text, (gssize)length, &error);
        if (!object || !lanes_choose(agent->lanes, json_text(object, "choose"), json_text(object, "base"), &error))
                g_message("The model that was chosen before is not used: %s", error->message);
}
