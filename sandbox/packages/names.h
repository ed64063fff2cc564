/* Names of Python packages, as a tool writes them: "humanize", "numpy>=1.26", "qrcode[pil]". */
#pragma once

#include <glib.h>

#define PACKAGES_MAX 8       /* of one tool; capabilities.schema.json */
#define PACKAGE_TEXT_MAX 100
#define MODULE_MAX 64

/* The one spelling of a requirement: a name as PEP 503 writes it, extras, versions; no URL, no path, no option. NULL and *why (static) for
 * what is none. Free with g_free(). */
char *package_canonical(const char *text, const char **why);
/* The name alone of a requirement in its one spelling. Free with g_free(). */
char *package_name(const char *requirement);

/* The well-known package that this one, which is none, is nearly called; NULL: none, or it is well-known itself. FALSE with a G_FILE_ERROR
 * where the table of names cannot be read, so that nobody can know. *known is static. */
gboolean package_resembles(const char *requirement, const char **known, GError **error);
/* The package that a module is taken to be of; NULL where that would be a guess. Static. */
const char *package_of_module(const char *module);
