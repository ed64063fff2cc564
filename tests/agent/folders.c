#include "tests/agent/folders.h"

#include <ftw.h>
#include <stdio.h>

#include "agent/journal.h"
#include "agent/library/library.h"
#include "agent/questions.h"
#include "agent/toolbox.h"
#include "sandbox/client.h"

char *test_folder(void)
{
        g_autoptr(GError) error = NULL;
        char *folder = g_dir_make_tmp("impromptu-XXXXXX", &error);
        g_assert_no_error(error);
        return folder;
}

static int remove_cb(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
        return remove(path);
}

void test_folder_free(char *folder)
{
        g_assert_cmpint(nftw(folder, remove_cb, 16, FTW_DEPTH | FTW_PHYS), ==, 0);
        g_free(folder);
}

Agent *test_agent(const char *folder)
{
        g_autoptr(GError) error = NULL;
        Agent *agent = g_new0(Agent, 1);
        agent->data_folder = g_build_filename(folder, "data", NULL);
        agent->state_folder = g_build_filename(folder, "state", NULL);
        agent->share_folder = g_build_filename(folder, "share", NULL);
        agent->journal = journal_open(agent->state_folder, &error);
        g_assert_no_error(error);
        agent->library = library_open(agent->data_folder, &error);
        g_assert_no_error(error);
        agent->grants = grants_new(agent->state_folder, agent->journal, &error);
        g_assert_no_error(error);
        agent->questions = questions_new(agent->grants, agent->journal);
        agent->sandbox = sandbox_client_new("none");
        agent->toolbox = toolbox_new(agent);
        return agent;
}

void test_agent_free(Agent *agent)
{
        toolbox_free(agent->toolbox);
        sandbox_client_free(agent->sandbox);
        questions_free(agent->questions);
        grants_free(agent->grants);
        library_free(agent->library);
        journal_free(agent->journal);
        g_free(agent->data_folder);
        g_free(agent->state_folder);
        g_free(agent->share_folder);
        g_free(agent);
}
