/* A manifest (capabilities.schema.json) and what a person agreed to, brought together: a tool gets what stands in both. */
#pragma once

#include "client.h"

typedef struct {
        GArray *grants; /* SandboxGrant; their resources are owned */
        GStrv packages; /* in their one spelling; what nobody may install without a word is refused */
        double seconds;
        guint memory_mb, processes;
        gsize output_max;
} Manifest;

/* text is the manifest's JSON, or a tool.json with it under "capabilities". agreed are "CAP=RESOURCE", or "package=NAME" for a
 * package whose name is nearly a well-known one's. On error message says what is
 * missing or wrong. */
Manifest *manifest_read(const char *text, const char *const *agreed, GError **error);
void manifest_free(Manifest *manifest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Manifest, manifest_free)
