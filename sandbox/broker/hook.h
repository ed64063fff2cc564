/* Where the tests' broker differs from the real one. Not a switch: the real program is linked with nohook.c, whose functions do nothing,
 * and has no code that trusts another certificate or connects to this machine; the tests' is linked with tests/sandbox/broker-hook.c and is
 * never installed. So no environment, option or file that a tool, a model or a person could set makes the real one do either. */
#pragma once

#include <curl/curl.h>
#include <stdbool.h>
#include <sys/socket.h>

/* Before the broker closes itself in, and has read its arguments. */
void hook_start(void);
/* A handle that is about to be used. */
void hook_prepare(CURL *curl);
/* TRUE to connect to an address that is not public. */
bool hook_may_connect(const struct sockaddr *address);
