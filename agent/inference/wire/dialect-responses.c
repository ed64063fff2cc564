/* OpenAI's responses. Text, thoughts, refusals and calls come as deltas, and again whole when each is done and when the response is: the
 * whole ones count only where that item has not told it yet. Items are known by their names or their places; servers that name an item
 * otherwise in the last list than in its events are met by counting them off. The response's last event says how it ended. */
#include <string.h>

#include "agent/inference/wire/internal.h"

#define ITEMS_MAX 256 /* whole texts of items beyond it are taken for what their deltas told */

enum { TEXT, THOUGHTS, KINDS };

#define EVERY_PART (~0ull)
#define SUMMARIES 32 /* the first bit of a thought's summaries; the one before it stands for all later parts */

typedef struct {
        char *name; /* NULL if it has none */
        gint64 index;
        guint64 told[KINDS]; /* a bit for each part */
        gboolean listed; /* it stands in the response's last list */
} Item;

static void item_free(gpointer data)
{
        Item *item = data;

        g_free(item->name);
        g_free(item);
}

static Item *item_named(ChatStream *stream, const char *name)
{
        for (guint i = stream->items ? stream->items->len : 0; i > 0 && name && *name; i--) {
                Item *item = g_ptr_array_index(stream->items, i - 1);
                if (g_strcmp0(item->name, name) == 0)
                        return item;
        }
        return NULL;
}

static Item *item_at(ChatStream *stream, gint64 index)
{
        for (guint i = stream->items ? stream->items->len : 0; i > 0; i--) {
                Item *item = g_ptr_array_index(stream->items, i - 1);
                if (item->index == index)
                        return item;
        }
        return NULL;
}

/* The item that an event speaks of, begun if need be; NULL once there are too many. */
static Item *item_of(ChatStream *stream, json_object *event, const char *name)
{
        gint64 index = -1;
        Item *item = item_named(stream, name);

        if (name && !*name)
                name = NULL;
        wire_count(event, "output_index", &index);
        if (!item && (index >= 0 || !name))
                item = item_at(stream, index);
        if (item && item->index < 0)
                item->index = index;
        if (item && !item->name)
                item->name = g_strdup(name);
        if (!stream->items)
                stream->items = g_ptr_array_new_with_free_func(item_free);
        if (item || stream->items->len >= ITEMS_MAX)
                return item;
        item = g_new0(Item, 1);
        item->name = g_strdup(name);
        item->index = index;
        g_ptr_array_add(stream->items, item);
        return item;
}

/* The bit of the part of an item that an event speaks of. */
static guint64 part_of(json_object *event)
{
        gint64 part = 0, summary = -1;

        wire_count(event, "content_index", &part);
        wire_count(event, "summary_index", &summary);
        if (summary >= 0)
                return 1ull << (SUMMARIES + MIN(summary, 63 - SUMMARIES));
        return 1ull << CLAMP(part, 0, SUMMARIES - 1);
}

static gboolean says_something(json_object *text)
{
        return json_object_is_type(text, json_type_object) ||
               (json_object_is_type(text, json_type_string) && json_object_get_string_len(text) > 0);
}

/* Whether a part that an event tells whole is new. */
static gboolean is_new(ChatStream *stream, json_object *event, int kind, json_object *text)
{
        Item *item = says_something(text) ? item_of(stream, event, wire_text(event, "item_id")) : NULL;
        guint64 part = part_of(event);

        if (!item || item->told[kind] & part)
                return FALSE;
        item->told[kind] |= part;
        return TRUE;
}

/* Some servers wrap a thought's piece in an object. */
static void add_thought(ChatStream *stream, json_object *text)
{
        if (json_object_is_type(text, json_type_object))
                text = wire_get(text, "text");
        wire_add_reasoning_json(stream, text);
}

/* The call that an event speaks of, by its item or by its place. */
static Tool *tool_of(ChatStream *stream, json_object *event)
{
        const char *item = wire_text(event, "item_id");
        gint64 index = -1;
        Tool *tool = item ? wire_tool_find(stream, item, -1) : NULL;

        wire_count(event, "output_index", &index);
        return !tool && index >= 0 ? wire_tool_find(stream, NULL, index) : tool;
}

static void tool_whole(ChatStream *stream, Tool *tool, json_object *arguments)
{
        if (tool && tool->call.arguments->len == 0)
                wire_tool_arguments_json(stream, tool, arguments);
}

static gboolean is_call(json_object *item)
{
        const char *type = wire_text(item, "type");

        return g_strcmp0(type, "function_call") == 0 || g_strcmp0(type, "custom_tool_call") == 0;
}

/* The call that an item is: by the item's name or, where a server gives items none, by its place. */
static Tool *tool_of_item(ChatStream *stream, const char *name, gint64 index)
{
        Tool *tool = name ? wire_tool_find(stream, name, -1) : NULL;

        if (!tool && index >= 0)
                tool = wire_tool_find(stream, NULL, index);
        return tool && name && tool->item && strcmp(tool->item, name) != 0 ? NULL : tool;
}

/* An item that was added, or is done: a call is begun once, and its arguments may come with it. */
static void read_call(ChatStream *stream, json_object *item, gint64 index)
{
        const char *id = wire_text(item, "call_id"), *name = wire_text(item, "id");
        Tool *tool = tool_of_item(stream, name, index);

        if (!tool)
                tool = wire_tool_new(stream, id ? id : name, index, NULL);
        if (!tool)
                return;
        wire_set(&tool->item, name);
        wire_set(&tool->call.id, id);
        wire_set(&tool->call.name, wire_text(item, "name"));
        tool_whole(stream, tool, wire_get(item, wire_get(item, "input") ? "input" : "arguments"));
}

/* What a part's type says it is; KINDS: neither. */
static int kind_of(json_object *part)
{
        const char *type = wire_text(part, "type");

        if (type && (g_str_has_prefix(type, "reasoning") || g_str_has_prefix(type, "summary")))
                return THOUGHTS;
        return g_strcmp0(type, "output_text") == 0 || g_strcmp0(type, "text") == 0 ? TEXT : KINDS;
}

static void add_whole(ChatStream *stream, int kind, json_object *text)
{
        if (kind == TEXT)
                wire_add_content_json(stream, text);
        else
                add_thought(stream, text);
}

static void refusal_whole(ChatStream *stream, json_object *part)
{
        if (wire_text(part, "refusal") && !stream->answer.refusal)
                wire_add_refusal(stream, wire_text(part, "refusal"));
}

/* Parts of a message or of thoughts that stand in an item whole. told: what the item has said of each kind so far. */
static void read_parts(ChatStream *stream, json_object *parts, const guint64 *told, guint64 *now)
{
        for (gsize i = 0; parts && i < json_object_array_length(parts); i++) {
                json_object *part = json_object_array_get_idx(parts, i);
                int kind = kind_of(part);
                if (g_strcmp0(wire_text(part, "type"), "refusal") == 0)
                        refusal_whole(stream, part);
                if (kind == KINDS || told[kind] || !says_something(wire_get(part, "text")))
                        continue;
                add_whole(stream, kind, wire_get(part, "text"));
                now[kind] = EVERY_PART;
        }
}

static void read_whole(ChatStream *stream, json_object *whole, Item *item)
{
        guint64 told[KINDS] = { 0 }, now[KINDS] = { 0 };

        for (int kind = 0; item && kind < KINDS; kind++)
                told[kind] = item->told[kind];
        read_parts(stream, wire_array(whole, "content"), told, now);
        read_parts(stream, wire_array(whole, "summary"), told, now);
        for (int kind = 0; item && kind < KINDS; kind++)
                item->told[kind] |= now[kind];
}

static gboolean has_parts(json_object *whole, const char *name)
{
        json_object *parts = wire_array(whole, name);

        return parts && json_object_array_length(parts) > 0;
}

/* The first item of that sort that the last list has not named. */
static Item *next_unlisted(ChatStream *stream, json_object *whole)
{
        int kind = g_strcmp0(wire_text(whole, "type"), "reasoning") == 0 ? THOUGHTS : TEXT;

        if (!has_parts(whole, "content") && !has_parts(whole, "summary"))
                return NULL;
        for (guint i = 0; stream->items && i < stream->items->len; i++) {
                Item *item = g_ptr_array_index(stream->items, i);
                if (item->told[kind] && !item->listed)
                        return item;
        }
        return NULL;
}

static void read_output(ChatStream *stream, json_object *output)
{
        gsize count = output ? json_object_array_length(output) : 0;

        for (gsize i = 0; i < count; i++) {
                Item *item = item_named(stream, wire_text(json_object_array_get_idx(output, i), "id"));
                if (item)
                        item->listed = TRUE;
        }
        for (gsize i = 0; i < count && !stream->answer.failed; i++) {
                json_object *whole = json_object_array_get_idx(output, i);
                Item *item = item_named(stream, wire_text(whole, "id"));
                if (is_call(whole)) {
                        read_call(stream, whole, i);
                        continue;
                }
                if (!item)
                        item = next_unlisted(stream, whole);
                if (item)
                        item->listed = TRUE;
                if (item || !stream->items || stream->items->len < ITEMS_MAX)
                        read_whole(stream, whole, item);
        }
}

static const char *incomplete_reason(json_object *response)
{
        const char *reason = wire_text(wire_object(response, "incomplete_details"), "reason");

        if (g_strcmp0(reason, "max_output_tokens") == 0 || g_strcmp0(reason, "max_tokens") == 0)
                return "length";
        return reason ? reason : "incomplete";
}

static void read_end(ChatStream *stream, json_object *response, const char *status)
{
        json_object *error = wire_get(response, "error");

        read_output(stream, wire_array(response, "output"));
        stream->answer.done = TRUE;
        if (strcmp(status, "failed") == 0 || strcmp(status, "cancelled") == 0)
                wire_take_error(stream, error ? error : response, response);
        else if (strcmp(status, "incomplete") == 0)
                wire_set(&stream->answer.finish_reason, incomplete_reason(response));
        else
                wire_set(&stream->answer.finish_reason, stream->answer.tool_calls->len > 0 ? "tool_calls" : "stop");
}

/* The response as it stands, which comes with its first events and its last one. */
static void read_response(ChatStream *stream, json_object *response, const char *status)
{
        static const char *const ends[] = { "completed", "done", "incomplete", "failed", "cancelled" };
        json_object *usage = wire_object(response, "usage");

        wire_set(&stream->answer.id, wire_text(response, "id"));
        wire_set(&stream->answer.model, wire_text(response, "model"));
        if (usage)
                wire_read_usage(stream, usage);
        for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
                if (strcmp(status, ends[i]) == 0)
                        read_end(stream, response, status);
        }
}

static void read_delta(ChatStream *stream, json_object *object, const char *of)
{
        json_object *delta = wire_get(object, "delta");
        gboolean text = strcmp(of, "output_text") == 0, thought = g_str_has_prefix(of, "reasoning");
        Item *item = (text || thought) && says_something(delta) ? item_of(stream, object, wire_text(object, "item_id")) : NULL;
        Tool *tool;

        if (item)
                item->told[text ? TEXT : THOUGHTS] |= text ? part_of(object) : EVERY_PART;
        if (text) {
                wire_add_content_json(stream, delta);
        } else if (thought) {
                add_thought(stream, delta);
        } else if (strcmp(of, "refusal") == 0 && json_object_is_type(delta, json_type_string)) {
                wire_add_refusal(stream, json_object_get_string(delta));
        } else if (strcmp(of, "function_call_arguments") == 0 || strcmp(of, "custom_tool_call_input") == 0) {
                tool = tool_of(stream, object);
                if (tool)
                        wire_tool_arguments_json(stream, tool, delta);
        }
}

static void read_done(ChatStream *stream, json_object *object, const char *of)
{
        Tool *tool = tool_of(stream, object);
        json_object *part = wire_object(object, "part");
        int kind = strcmp(of, "output_text") == 0 ? TEXT : g_str_has_prefix(of, "reasoning") ? THOUGHTS : kind_of(part);

        if (kind != KINDS) {
                json_object *text = wire_get(part ? part : object, "text");
                if (is_new(stream, object, kind, text))
                        add_whole(stream, kind, text);
        } else if (strcmp(of, "refusal") == 0 || g_strcmp0(wire_text(part, "type"), "refusal") == 0) {
                refusal_whole(stream, part ? part : object);
        } else if (strcmp(of, "function_call_arguments") == 0) {
                if (tool)
                        wire_set(&tool->call.name, wire_text(object, "name"));
                tool_whole(stream, tool, wire_get(object, "arguments"));
        } else if (strcmp(of, "custom_tool_call_input") == 0) {
                tool_whole(stream, tool, wire_get(object, "input"));
        }
}

static void read_item(ChatStream *stream, json_object *object, gboolean done)
{
        json_object *whole = wire_object(object, "item");
        gint64 index = -1;
        Item *item;

        wire_count(object, "output_index", &index);
        if (is_call(whole)) {
                read_call(stream, whole, index);
        } else if (done) {
                item = item_of(stream, object, wire_text(whole, "id"));
                if (item)
                        read_whole(stream, whole, item);
        }
}

static gboolean read_event(ChatStream *stream, json_object *object, const char *event)
{
        const char *type = wire_text(object, "type");
        json_object *response = wire_object(object, "response");
        g_autofree char *of = NULL;

        if (!type)
                type = event;
        if (!g_str_has_prefix(type, "response.")) {
                if (g_strcmp0(wire_text(object, "object"), "response") != 0)
                        return g_str_has_prefix(type, "keepalive");
                read_response(stream, object, wire_text(object, "status") ? wire_text(object, "status") : "completed");
                return TRUE;
        }
        of = g_strdup(type + strlen("response."));
        if (response)
                read_response(stream, response, of);
        else if (strcmp(of, "output_item.added") == 0 || strcmp(of, "output_item.done") == 0)
                read_item(stream, object, g_str_has_suffix(of, ".done"));
        else if (g_str_has_suffix(of, ".delta"))
                read_delta(stream, object, (of[strlen(of) - strlen(".delta")] = '\0', of));
        else if (g_str_has_suffix(of, ".done"))
                read_done(stream, object, (of[strlen(of) - strlen(".done")] = '\0', of));
        return TRUE;
}

const Dialect dialect_responses = { .read = read_event };
