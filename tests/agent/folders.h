/* Folders for tests, removed with everything in them. */
#pragma once

#include "agent/agent.h"

/* A new folder; free it with test_folder_free(), which removes it. */
char *test_folder(void);
void test_folder_free(char *folder);

/* An agent with journal, library, questions, toolbox and the stub's sandbox in folder. */
Agent *test_agent(const char *folder);
void test_agent_free(Agent *agent);
