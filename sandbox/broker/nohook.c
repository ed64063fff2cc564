/* The installed broker's: nothing. */
#include "broker/hook.h"

void hook_start(void)
{
}

void hook_prepare(CURL *curl)
{
}

bool hook_may_connect(const struct sockaddr *address)
{
        return false;
}
