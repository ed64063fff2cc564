/* The agent's HTTP interface on its Unix socket: every request of ../protocols/README.md. */
#pragma once

#include "agent/agent.h"

typedef struct Server Server;

/* Takes the socket's place at path: of two agents one gets it. The other's error (AGENT_ERROR, CONFLICT) names the process. agent need
 * not be filled in yet. */
Server *server_new(Agent *agent, const char *path, GError **error);

/* Listens (mode 0600) and answers from now on. A socket that a dead agent left behind is replaced. */
gboolean server_listen(Server *server, GError **error);

/* Stops listening, ends all answers and removes the socket. Accepts NULL. */
void server_free(Server *server);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Server, server_free)
