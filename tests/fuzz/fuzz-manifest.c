/* A manifest and what is agreed to, as noise: it is refused with a sentence, or what is granted stands in both and is in its one spelling.
 * The input is the manifest, a NUL, and grants with a line feed between them. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocols/share.h"
#include "sandbox/manifest.h"
#include "sandbox/places.h"
#include "sandbox/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(gboolean holds, const char *what)
{
        if (holds)
                return;
        fprintf(stderr, "It does not hold that %s.\n", what);
        abort();
}

/* Where the list of well-known packages is; a build without Meson's configuration has no other place. */
char *share_folder(const char *file)
{
        return g_strdup(g_getenv("IMPROMPTU_DATA"));
}

static void check_grant(const SandboxGrant *grant)
{
        gboolean path = grant->kind == SANDBOX_LIST || grant->kind == SANDBOX_READ || grant->kind == SANDBOX_WRITE ||
                        grant->kind == SANDBOX_DEVICE;

        check(wire_grant_name(grant->kind) != NULL, "a grant is of a kind");
        check(!path || (grant->resource[0] == '/' && !strstr(grant->resource, "/../") && !strstr(grant->resource, "//")),
              "a path is in its plain form");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autofree char *text = g_strndup((const char *)data, size);
        gsize length = strlen(text);
        g_autofree char *list = length < size ? g_strndup((const char *)data + length + 1, size - length - 1) : g_strdup("");
        g_auto(GStrv) agreed = g_strsplit(list, "\n", 64);
        g_autoptr(GError) error = NULL;
        g_autoptr(Manifest) manifest = manifest_read(text, *list ? (const char *const *)agreed : NULL, &error);

        check(!manifest == (error != NULL), "there is a manifest or an error");
        check(!error || (error->message && *error->message), "an error has a sentence");
        for (guint i = 0; manifest && i < manifest->grants->len; i++)
                check_grant(&g_array_index(manifest->grants, SandboxGrant, i));
        check(!manifest || (manifest->seconds <= 600 && manifest->memory_mb <= 4096 && manifest->processes <= 64), "limits have limits");
        return 0;
}
