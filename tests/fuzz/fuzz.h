/* What the fuzz targets share: reading bytes in pieces, and telling what became of them. */
#pragma once

#include "agent/inference/wire/internal.h"

/* Feeds the bytes in pieces whose sizes follow from seed (0: in one), and tells the answer. Free with g_free(). */
char *fuzz_tell(WireDialect dialect, gboolean scans, const char *bytes, gsize length, guint seed);
/* Ends the process, so that the fuzzer sees it, unless both say the same. */
void fuzz_same(const char *one, const char *other);
