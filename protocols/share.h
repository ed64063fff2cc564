/* Where the files are that are read at run time. */
#pragma once

/* The folder of data: $IMPROMPTU_DATA, else the installed one, else, where nothing is installed, the source's own. part, below it, is what
 * proves that it is there. Free with g_free(). */
char *share_folder(const char *part);
