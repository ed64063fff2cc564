/* What the reader's files share. stream.c cuts bytes into JSON and knows how it ends; a dialect says what the JSON means; answer.c adds up
 * what was said. scan.c reads the hot chunk of the OpenAI-shaped dialects without json-c. */
#pragma once

#include "agent/inference/wire/stream.h"
#include "protocols/sse.h"

#define UTF8_TAIL_MAX 6 /* bytes: a surrogate as three bytes, and the beginning of the one that belongs to it */

/* The end of a text that may yet become a character with what comes next. */
typedef struct {
        char bytes[UTF8_TAIL_MAX];
        guint length;
} Utf8Tail;

typedef enum {
        THINK_UNDECIDED, /* only white space and the beginning of <think> so far */
        THINK_INSIDE,
        THINK_AFTER,     /* only white space since the tag was closed */
        THINK_OUTSIDE,
} ThinkState;

typedef struct {
        ThinkState state;
        guint matched;  /* so many bytes of the tag that is looked for */
        GString *blank; /* white space before it */
} Think;

typedef struct {
        ChatToolCall call; /* first: the answer's array shows it */
        Utf8Tail tail;
        char *item;        /* a second name by which the server knows it; NULL if none */
        guint round;       /* the list of calls that last spoke of it */
        gboolean closed;
        gboolean given;    /* the arguments came with its beginning; pieces of them say them anew */
        gsize weighed;     /* so many bytes of the arguments are counted in: */
        gssize depth;      /* objects and lists that are open there */
        gboolean quoted, escaped; /* in a string, behind a backslash in it */
} Tool;

typedef struct {
        /* One JSON object of the answer, streamed or not. event: its name, "message" if it has none. FALSE: it is no part of an answer. */
        gboolean (*read)(ChatStream *stream, json_object *object, const char *event);
        gboolean scans; /* wire_scan() knows its chunks */
        gboolean thinks; /* servers leave <think> in its text */
} Dialect;

extern const Dialect dialect_openai, dialect_diffusing, dialect_anthropic, dialect_responses, dialect_ollama;

/* What two chunks in a row had in common, around the text of the first one. */
typedef struct {
        GString *before, *after;
        gboolean reasoning; /* the text between them is a thought */
} ScanFrame;

struct ChatStream {
        WireDialect kind;
        const Dialect *dialect;
        SseReader *reader;
        GString *plain;         /* the body, or its beginning, where it is one object; NULL in a stream */
        gboolean direct;        /* bytes go there as they come */
        gboolean begun;         /* a byte that is neither white space nor a mark has come */
        guint64 fed;            /* bytes */
        guint strange;          /* lines and objects that belong to no answer */
        guint known;            /* objects that do */
        gboolean page;          /* a strange line began like HTML */
        gboolean ending;        /* the body is over */
        ChatStatus status;      /* from then on */
        json_tokener *tokener;
        gboolean scanning;
        guint scanned;          /* chunks that json-c did not see */
        ScanFrame frame;
        GString *scratch;       /* for texts that cannot be taken from where they lie */
        GString *unescaped;     /* the scanner's */
        Utf8Tail content_tail, reasoning_tail;
        Think think;
        gsize arguments;        /* bytes of all tool calls' */
        guint round;
        gint64 cache_read, cache_written; /* Anthropic counts these apart */
        GPtrArray *items;       /* responses: what each item has told; NULL: nothing yet */
        ChatAnswer answer;
};

/* fields.c: reading JSON that may be of any shape. */

/* The field, NULL if there is none, it is null, or object is no object. */
json_object *wire_get(json_object *object, const char *name);
/* The same, NULL if it is not of the type. */
json_object *wire_object(json_object *object, const char *name);
json_object *wire_array(json_object *object, const char *name);
const char *wire_text(json_object *object, const char *name);
/* 0 where it is no number. */
double wire_number(json_object *object, const char *name);
/* Leaves *count where it is no number; one in quotes is one. */
void wire_count(json_object *object, const char *name, gint64 *count);
/* A copy of text with escaped surrogates that stand alone as three bytes each (as UTF-8 would have them, were they characters), which is
 * how utf8.c meets them; NULL if there are none, and the text can be parsed as it is. Free with g_free(). */
char *wire_loosen_surrogates(const char *text, gsize length, gsize *loosened);

/* utf8.c: makes UTF-8 of what came; holds the beginning of a character back until the rest comes. The result lies in bytes or scratch. */
const char *utf8_mend(Utf8Tail *tail, const char *bytes, gsize length, GString *scratch, gsize *mended);
/* What is held back will not be completed. Returns what stands for it, "" for nothing. */
const char *utf8_end(Utf8Tail *tail);

/* think.c: an answer that opens with <think> is thinking aloud until the tag closes; anywhere else the tag is text. */
void think_add(Think *think, const char *text, gsize length, GString *content, GString *reasoning);
void think_end(Think *think, GString *content, GString *reasoning);

/* answer.c */
void wire_answer_init(ChatStream *stream);
void wire_answer_clear(ChatStream *stream);
void wire_answer_end(ChatStream *stream);
/* garbage: message stands behind "It answered with". The first failure stands. */
void wire_fail(ChatStream *stream, gboolean garbage, const char *message);
/* Text as it goes on; in the diffusing dialect, the whole text anew. */
void wire_add_content(ChatStream *stream, const char *text, gsize length);
void wire_add_reasoning(ChatStream *stream, const char *text, gsize length);
/* The same of JSON; what is no string says nothing. */
void wire_add_content_json(ChatStream *stream, json_object *text);
void wire_add_reasoning_json(ChatStream *stream, json_object *text);
void wire_add_refusal(ChatStream *stream, const char *text);
/* Replaces what *place holds, unless value says nothing. */
void wire_set(char **place, const char *value);
/* A list of tool calls begins: it speaks of each call once. */
void wire_tools_begin(ChatStream *stream);
/* The call that these words speak of, begun if need be: a known id is that call and a new one a new call; without an id it is the last call
 * of that index; without either (index -1) the last call. arguments: what it is about to be given. NULL once there are too many. */
Tool *wire_tool(ChatStream *stream, const char *id, gint64 index, const char *name, json_object *arguments);
Tool *wire_tool_new(ChatStream *stream, const char *id, gint64 index, const char *name);
/* The last call of that item or that index; NULL if there is none. */
Tool *wire_tool_find(ChatStream *stream, const char *item, gint64 index);
void wire_tool_arguments(ChatStream *stream, Tool *tool, const char *text, gsize length);
/* The same of JSON: a string is text that goes on, anything else is the arguments. */
void wire_tool_arguments_json(ChatStream *stream, Tool *tool, json_object *arguments);
/* As if none had come. */
void wire_tool_forget_arguments(ChatStream *stream, Tool *tool);

/* figures.c: usage and times, in whose words ever. */
void wire_read_usage(ChatStream *stream, json_object *usage);
void wire_read_openai_figures(ChatStream *stream, json_object *chunk);
void wire_read_ollama_figures(ChatStream *stream, json_object *chunk);

/* errors.c: TRUE and the answer has failed if the object is, or holds, an error. */
gboolean wire_read_error(ChatStream *stream, json_object *object, const char *event);
/* The error itself; around: the object that it stands in. */
void wire_take_error(ChatStream *stream, json_object *error, json_object *around);

/* scan.c: TRUE if the chunk was understood whole and its text taken. FALSE leaves the stream as it was: json-c has to read it. */
gboolean wire_scan(ChatStream *stream, const char *chunk, gsize length);
/* Turns the scanner off or on again; for tests, which hold both ways equal, and benches. */
void wire_stream_scans(ChatStream *stream, gboolean scans);
/* Bytes that the splitting has copied. */
guint64 wire_stream_copied(const ChatStream *stream);
