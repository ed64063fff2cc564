/* The broker reads what strangers' servers send, so it gives up what it does not need before it reads a byte of it. */
#pragma once

#include <stdbool.h>

/* Started by root: becomes an unprivileged user of its own (neither root nor the tools'). Then no new privileges, no reading of its memory
 * by others, few descriptors, no files written, a bound on memory, and with Landlock nothing of the disk but what name resolution and TLS
 * read: never a home; and with seccomp no local socket, no other process and no program. FALSE where something of that cannot be had. */
bool shut_in(void);
