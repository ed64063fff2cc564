/* What the tests of the reader share: data to read, ways to cut it, and what became of it. */
#pragma once

#include <json.h>

#include "agent/inference/wire/internal.h"

/* A field of any type; NULL if there is none. */
json_object *field(json_object *object, const char *name);
const char *field_text(json_object *object, const char *name);
void append_hex(GString *out, const char *hex);

/* A file of tests/inference, read whole; the test ends if that fails. */
GString *data_bytes(const char *folder, const char *name);
json_object *data_json(const char *folder, const char *name);

/* Feeds bytes in pieces of one size and ends. scans FALSE: through json-c alone. */
ChatStream *read_pieces(WireDialect dialect, gboolean scans, const GString *bytes, gsize piece, ChatStatus *status);
/* The same in two pieces. */
ChatStream *read_split(WireDialect dialect, gboolean scans, const GString *bytes, gsize split, ChatStatus *status);
/* The text of chat_stream_describe(); frees the stream. */
char *told(ChatStream *stream, ChatStatus status);
/* Reads bytes whole, in several piece sizes, and (up to splits_max bytes) at every split in two, scanned and not: all must tell the same.
 * Returns that, parsed. */
json_object *read_every_way(const char *what, WireDialect dialect, const GString *bytes, gsize splits_max);
