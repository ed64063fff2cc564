/* Which model a person has chosen, kept in the state folder, so that an agent that was killed does not ask them again. Never a key. */
#pragma once

#include "agent/agent.h"

/* choice as lanes_choose() takes it; NULL: it was a key, which the lanes keep themselves. base may be NULL. */
void lane_choice_keep(const Agent *agent, const char *choice, const char *base);
/* Chooses again what was kept, unless the environment (IMPROMPTU_LANE) says what to use. */
void lane_choice_restore(const Agent *agent);
