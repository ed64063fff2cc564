/* The broker of an installation: from pip, which is confined like a tool, to the person's package index, and nowhere else. */
#pragma once

#define INDEX_SETTINGS_MAX (4 * 1024 * 1024)     /* bytes of the settings, certificates among them */
#define INDEX_SOURCES_MAX 8
#define INDEX_FILE_HOSTS_MAX 8                   /* that the index's pages name */
#define INDEX_PAGE_MAX (32 * 1024 * 1024)        /* bytes of a page */
#define INDEX_FILE_MAX (256 * 1024 * 1024)       /* bytes of a file */
#define INDEX_ALL_MAX (512LL * 1024 * 1024)      /* bytes of an installation */
#define INDEX_REQUESTS_MAX 1000
#define INDEX_HOPS_MAX 5
#define INDEX_CONNECT_SECONDS 10
#define INDEX_STALL_SECONDS_MAX 60
#define INDEX_ADDRESSES_MAX 16

/* Reads the settings and serves until the other side has gone; the program's exit status. */
int index_run(void);
