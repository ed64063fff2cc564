/* Keeping the shell, and with it every page, off the network: an empty network namespace, in a user namespace of its own where an ordinary
 * user may not make one otherwise. The session starts the shell inside one; a shell that a person started makes its own (shell/main.c). */
#pragma once

#include <glib.h>

/* What then still keeps pages off the network is in shell/apps/page.c. */
#define NETWORK_REFUSED \
        "The kernel gives the shell no empty network namespace (user namespaces are switched off for ordinary programs), so only their " \
        "content policy and a proxy that answers nobody keep pages off the network. The settings user.max_user_namespaces, " \
        "user.max_net_namespaces and kernel.apparmor_restrict_unprivileged_userns of sysctl decide that."

typedef struct {
        char uid_map[64], gid_map[64];
} NetworkMaps;

/* NULL if the display in $DISPLAY can be reached from an empty network namespace; else why the network must stay in reach, a sentence.
 * Free with g_free(). */
char *network_needed(void);

/* Before the fork: the identity map, with which this user stays who he is, also to those whom he connects to. */
void network_prepare(NetworkMaps *maps);

/* Moves this process, which must have one thread, into an empty network namespace. FALSE, with nothing changed, where the kernel refuses.
 * Safe between fork and exec. Clears PR_SET_PDEATHSIG; the rights in the new user namespace last until the next exec. */
gboolean network_leave(const NetworkMaps *maps);

/* TRUE if this process is in a network namespace in which nothing is up. */
gboolean network_is_empty(void);
