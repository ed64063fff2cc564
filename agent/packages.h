/* The Python packages that a tool names: in its manifest, as capabilities.packages, which is read from its source when it is written. */
#pragma once

#include "agent/toolbox.h"

#define PACKAGES_CAPABILITY "packages"

/* Sets capabilities.packages to what the source names (the block of PEP 723: "# /// script", dependencies), and to the packages of the
 * well-known modules that it imports; the machine installs none that the tool does not miss. FALSE and AGENT_ERROR (FAILED), a sentence for
 * the next attempt's prompt, where the source names what is no package. */
gboolean packages_read(Tool *tool, GError **error);

/* In their one spelling, NULL where there are none. Free with g_strfreev(). */
GStrv packages_of(const Tool *tool);

/* TRUE if this is a list of packages; else AGENT_ERROR, BAD_REQUEST. */
gboolean packages_check(json_object *list, GError **error);

/* Those whose names are nearly a well-known one's, as the resource of a question, "NAME like KNOWN"; maybe empty. NULL and AGENT_ERROR
 * (FAILED) where that cannot be told. */
GStrv packages_doubts(const char *const *packages, GError **error);

/* A question's words for such a resource. Free both with g_free(). */
void packages_words(const char *resource, char **sentence, char **detail);
