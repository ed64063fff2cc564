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

/* text as a JSON object, or NULL and an error outside of SANDBOX_ERROR whose message begins with what ("The manifest is"). Refuses what two
 * readers could read differently: names that stand twice, texts in single quotes, numbers beyond 64 bits, NaN, anything after it. */
json_object *manifest_strict(const char *what, const char *text, GError **error);

/* text is the manifest's JSON, or a tool.json with it under "capabilities". agreed are "CAP=RESOURCE", or "package=NAME" for a
 * package whose name is nearly a well-known one's. On error message says what is
 * missing or wrong; it is a SANDBOX_ERROR unless the text is malformed. */
Manifest *manifest_read(const char *text, const char *const *agreed, GError **error);
void manifest_free(Manifest *manifest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Manifest, manifest_free)
