/* The content route: a text, a table or a drawing is written, checked as what it is, and shown by a viewer of our own. The viewer is one
 * page that holds the content itself, escaped; so a draft of it streams like any other page, and a viewer can be checked, delivered and
 * changed like any app. */
#include "agent/runs/run.h"

#include <string.h>

#include "agent/journal.h"
#include "agent/json.h"
#include "agent/runs/content-form.h"
#include "agent/runs/template.h"
#include "protocols/text.h"

#define VIEWER "runtime/viewer.html"
#define CONTENT_FILE "content" /* in the app's folder, with the ending of its form */
#define SEEN_MAX 24 /* characters of the content that its check looks for */
#define NAME_MAX_BYTES 40

static void ask(Run *run);

/* The viewer around the content: what stands before it (head) and behind it. */
static gboolean viewer(Run *run, char **head, char **tail, GError **error)
{
        g_autofree char *template = agent_share_text(run->agent, VIEWER, error);
        g_autofree char *slug = text_slug(run_first_words(run), NAME_MAX_BYTES);
        g_autofree char *file = g_strdup_printf("%s.%s", slug, content_form_ending(run->form));
        g_autofree char *title = g_markup_escape_text(run->title, -1);
        const TemplateValue values[] = {
                {"title", title}, {"file", file}, {"form", content_form_ending(run->form)}, {"type", content_form_type(run->form)}, {NULL, NULL},
        };

        return template && template_around(VIEWER, template, values, "content", head, tail, error);
}

/* Escapes what may be cut in the middle of a character: byte by byte, so that nothing has to be held back. */
static void append_escaped(GString *out, const char *bytes, gsize length)
{
        for (gsize i = 0; i < length; i++) {
                switch (bytes[i]) {
                case '&':
                        g_string_append(out, "&amp;");
                        break;
                case '<':
                        g_string_append(out, "&lt;");
                        break;
                case '>':
                        g_string_append(out, "&gt;");
                        break;
                default:
                        g_string_append_c(out, bytes[i]);
                }
        }
}

static void add_requirement(Run *run, const char *text, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void add_requirement(Run *run, const char *text, const char *format, ...)
{
        Requirement *requirement = requirement_new(text);
        va_list arguments;

        va_start(arguments, format);
        g_autofree char *steps = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        json_object_put(requirement->steps);
        requirement->steps = json_parse(steps, -1, NULL);
        g_ptr_array_add(run->plan->requirements, requirement);
}

static char *quoted(const char *text)
{
        g_autoptr(json_object) value = json_object_new_string(text);

        return json_line(value);
}

/* What the viewer must do with this content; no model is needed to know that. */
static void plan_viewer(Run *run, guint rows)
{
        ContentForm form = run->form;
        g_autofree char *first = content_first_words(form, run->content, SEEN_MAX);
        g_autofree char *first_json = quoted(first);
        const char *ending = content_form_ending(form);

        g_clear_pointer(&run->plan, plan_free);
        run->plan = plan_new();
        run->plan->title = g_strdup(run->title);
        run->plan->glyph = g_strdup(run->glyph);
        if (form == CONTENT_CSV)
                add_requirement(run, "All rows of the table are shown", "[{\"see\": \"%u rows\"}, {\"see\": %s}]", rows, first_json);
        else if (form == CONTENT_SVG)
                add_requirement(run, "The drawing is shown", "[{\"count\": \"img\", \"is\": 1}]");
        else
                add_requirement(run, "The text is shown", "[{\"see\": %s}]", first_json);
        add_requirement(run, "Save offers it as a file", "[{\"press\": \"Save\"}, {\"file\": \"*.%s\", \"min_bytes\": %zu}]", ending,
                        MIN(strlen(run->content), (gsize)G_MAXINT / 4));
        add_requirement(run, "What it says is right", "[]");
        ((Requirement *)g_ptr_array_index(run->plan->requirements, 2))->eye = TRUE;
}

static void failed(Run *run, const char *why)
{
        if (run->draft)
                draft_end(run->draft);
        if (run->content_attempts < RUN_CONTENT_ATTEMPTS_MAX) {
                content_again(run, why);
                return;
        }
        run_finish(run, OUTCOME_FAILED, "What the model wrote cannot be used: %s. It was asked twice. %s Ask again, or say it in other "
                   "words.", why, run->before ? "The file stays as it was." : "Nothing was kept.");
}

static void text_came(Run *run, const char *bytes, gsize length, gpointer user_data)
{
        gsize before = run->text->len;
        g_autoptr(GString) escaped = g_string_new(NULL);

        write_progress(run, length);
        if (before > API_DRAFT_MAX)
                return;
        page_strip_feed(run->strip, bytes, length, run->text);
        /* Of a change the page stays what it was until the changed one has passed. */
        if (run->text->len == before || run->before)
                return;
        if (before == 0) {
                write_new_draft(run, run->expected / runs_rate(run->runs) * 1000 > RUN_STREAM_MS, run->expected);
                draft_append(run->draft, run->head, strlen(run->head));
        }
        append_escaped(escaped, run->text->str + before, run->text->len - before);
        draft_append(run->draft, escaped->str, escaped->len);
}

static void answered(Run *run, const char *answer, gsize length, const GError *error, gpointer user_data)
{
        g_autoptr(GError) fault = NULL;
        gsize before = run->text->len;
        guint rows = 0;
        GString *page;

        if (run_model_failed(run, error))
                return;
        page_strip_end(run->strip, run->text);
        if (error || !content_check(run->form, run->text->str, run->text->len, &rows, NULL, &fault)) {
                g_free(run->previous);
                run->previous = g_utf8_make_valid(run->text->str, run->text->len);
                failed(run, error ? error->message : fault->message);
                return;
        }
        if (before == 0 || run->before)
                write_new_draft(run, FALSE, length / RUN_BYTES_A_TOKEN);
        g_free(run->content);
        run->content = g_strndup(run->text->str, run->text->len);
        g_free(run->content_file);
        run->content_file = g_strdup_printf(CONTENT_FILE ".%s", content_form_ending(run->form));
        plan_viewer(run, rows);
        run_apply_amendments(run);
        run_tell_plan(run);
        page = g_string_new(run->head);
        append_escaped(page, run->content, strlen(run->content));
        g_string_append(page, run->tail);
        write_finished(run, g_string_free(page, FALSE));
}

static void ask(Run *run)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *wishes = run_wishes(run);
        g_autofree char *pointed = run_pointed(run);
        ModelRequest request = {.lane = "fast", .call = "CONTENT", .max_tokens = RUN_TOKENS_CONTENT};

        run_enter(run, STATE_WRITE, run->content_attempts ? "The first text could not be used; writing it again." : NULL);
        run->content_attempts++;
        run->written = 0;
        run->expected = runs_page_tokens(run->runs);
        g_clear_pointer(&run->head, g_free);
        g_clear_pointer(&run->tail, g_free);
        g_clear_pointer(&run->strip, page_strip_free);
        run->strip = page_strip_new(PAGE_TEXT);
        if (run->text)
                g_string_free(run->text, TRUE);
        run->text = g_string_new(NULL);
        if (viewer(run, &run->head, &run->tail, &error))
                request.prompt = prompt_render(run->agent, "content", &error, "sentence", run->sentence,
                                               "format", content_form_name(run->form), "old", run->wordless ? NULL : run->old_content,
                                               "wishes", wishes, "fault", run->fault, "previous", run->previous,
                                               "pointed", pointed, NULL);
        if (!request.prompt) {
                run_fail(run, error);
                return;
        }
        request.attempt = run_next_call(run, "CONTENT");
        run_ask_model(run, &request, text_came, answered, NULL);
}

static void take_old(Run *run, ContentForm form, const char *text)
{
        run->is_content = TRUE;
        run->form = form;
        run->old_content = g_strdup(text);
        if (!run->wordless)
                return;
        /* Only what was found is known: the file as it is has that fault. */
        run->previous = g_strdup(text);
        run->fault = run->findings ? findings_text(run->findings) : g_strdup("something in it is wrong");
}

/* The same file after a restart, even if the changed one was accepted just before. */
void content_find_old(Run *run)
{
        json_object *line = record_find(run->record, "before", "content");

        for (ContentForm form = CONTENT_TEXT; !line && form <= CONTENT_HTML; form++) {
                g_autofree char *path = g_strdup_printf(CONTENT_FILE ".%s", content_form_ending(form));
                g_autoptr(GBytes) bytes = library_app_file(run->agent->library, run->app, path, NULL);
                g_autofree char *text = text_of_bytes(bytes, G_MAXSSIZE);

                if (!text)
                        continue;
                line = json_object_new_object();
                json_add_text(line, "key", "content");
                json_add_int(line, "form", form);
                json_add_text(line, "text", text);
                record_add(run->record, "before", line); /* which keeps it */
        }
        if (line)
                take_old(run, CLAMP(json_int(line, "form", 0), CONTENT_TEXT, CONTENT_HTML), json_text(line, "text"));
}

void content_start(Run *run)
{
        ask(run);
}

void content_again(Run *run, const char *fault)
{
        g_free(run->fault);
        run->fault = g_strdup(fault);
        ask(run);
}
