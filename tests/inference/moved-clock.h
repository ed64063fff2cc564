/* A clock that a test of admission moves. */
#pragma once

#include "agent/inference/admission.h"

#define SECOND G_USEC_PER_SEC

static gint64 now;

static inline gint64 fake_clock(void)
{
        return now;
}

static inline void settle(void)
{
        while (g_main_context_iteration(NULL, FALSE))
                ;
}
