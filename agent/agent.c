#include "agent/agent.h"

G_DEFINE_QUARK(impromptu-agent-error, agent_error)

char *agent_share_text(const Agent *agent, const char *path, GError **error)
{
        g_autofree char *file = g_build_filename(agent->share_folder, path, NULL);
        g_autoptr(GError) fault = NULL;
        char *text = NULL;
        if (!g_file_get_contents(file, &text, NULL, &fault))
                g_set_error(error, AGENT_ERROR, API_ERROR_FAILED, "The file %s, which belongs to Impromptu itself, cannot be read: %s.",
                            file, fault->message);
        return text;
}
