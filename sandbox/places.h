/* Which places a grant may name. Paths here are canonical: absolute, without "." and "..", without a double or final slash. */
#pragma once

#include "client.h"

/* The caller's home folder. */
const char *places_home(void);

/* NULL: may be granted; else why not, as the end of the sentence "PATH cannot be granted: ". Static text. */
const char *places_refuse(SandboxGrantKind kind, const char *path);

/* What is private although it may lie inside a granted folder: keys, keyrings, browser profiles, Impromptu's own data. Absolute paths,
 * NULL-terminated, good until the next call; links among them are there with what they lead to as well. */
const char *const *places_private(void);

gboolean places_is_canonical(const char *path);
/* path is folder or lies below it. */
gboolean places_is_inside(const char *path, const char *folder);

/* A name that starts programs when somebody else opens, builds or visits the folder it is in: it stays as it is inside a write grant. */
gboolean places_is_protected_name(const char *name, const char *parent_name);
