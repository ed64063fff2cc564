/* How two sentences are compared: recordings are found by what a person typed, not by how. */
#pragma once

#include <glib.h>

/* Case, white space and the mark at the end do not count. Free with g_free(). */
char *sentence_fold(const char *sentence);
