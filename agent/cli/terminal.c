/* The questions of a run on a terminal: put one after the other, answered with a word or its first letters. */
#include <glib-unix.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/cli/follow.h"
#include "protocols/api.h"
#include "protocols/text.h"

#define QUESTIONS_MAX 64   /* that wait here; more can be answered elsewhere */
#define ANSWER_BYTES_MAX 256

struct Asker {
        Cli *cli;
        gboolean terminal;
        GQueue waiting;  /* json_object of each question; the head is on the screen */
        guint source;
        GString *line;   /* what was typed so far */
};

Asker *asker_new(Cli *cli)
{
        Asker *asker = g_new0(Asker, 1);

        asker->cli = cli;
        asker->terminal = isatty(STDIN_FILENO) && !cli->json;
        asker->line = g_string_new(NULL);
        return asker;
}

void asker_free(Asker *asker)
{
        json_object *question;

        g_clear_handle_id(&asker->source, g_source_remove);
        while ((question = g_queue_pop_head(&asker->waiting)))
                json_object_put(question);
        g_string_free(asker->line, TRUE);
        g_free(asker);
}

static gboolean offers(json_object *question, const char *answer)
{
        json_object *answers = cli_array(question, "answers");

        for (gsize i = 0; answers && i < json_object_array_length(answers); i++) {
                if (g_strcmp0(json_object_get_string(json_object_array_get_idx(answers, i)), answer) == 0)
                        return TRUE;
        }
        return FALSE;
}

/* The answer that the typed word means, NULL if none or several. y is yes this time, n is no. Free with g_free(). */
static char *meant(json_object *question, const char *typed)
{
        json_object *answers = cli_array(question, "answers");
        const char *found = NULL;

        if (g_ascii_strcasecmp(typed, "y") == 0 || g_ascii_strcasecmp(typed, "yes") == 0)
                return offers(question, "once") ? g_strdup("once") : NULL;
        for (gsize i = 0; *typed && answers && i < json_object_array_length(answers); i++) {
                const char *answer = json_object_get_string(json_object_array_get_idx(answers, i));
                if (!answer || g_ascii_strncasecmp(answer, typed, strlen(typed)) != 0)
                        continue;
                if (strlen(answer) == strlen(typed))
                        return g_strdup(answer);
                if (found)
                        return NULL;
                found = answer;
        }
        return g_strdup(found);
}

static void print_answers(json_object *question)
{
        json_object *answers = cli_array(question, "answers");

        fputs(offers(question, "once") ? "         y (once)" : "        ", stdout);
        for (gsize i = 0; answers && i < json_object_array_length(answers); i++) {
                g_autofree char *answer = text_plain(json_object_get_string(json_object_array_get_idx(answers, i)), 40);
                printf("  %s", answer);
        }
        fputs("\n       > ", stdout);
        fflush(stdout);
}

static void show_head(Asker *asker)
{
        json_object *question = g_queue_peek_head(&asker->waiting);

        if (!question)
                return;
        g_autofree char *id = cli_text(question, "question");
        g_autofree char *sentence = cli_text(question, "sentence");
        g_autofree char *detail = cli_text(question, "detail");
        printf("asks     %s\n", sentence);
        if (*detail)
                printf("         %s\n", detail);
        if (asker->terminal) {
                print_answers(question);
                return;
        }
        printf("         answer on the desktop, or: impromptu answer %s ANSWER\n", id);
        fflush(stdout);
        json_object_put(g_queue_pop_head(&asker->waiting));
        show_head(asker);
}

static void next(Asker *asker)
{
        json_object_put(g_queue_pop_head(&asker->waiting));
        show_head(asker);
}

static void replied_cb(json_object *body, const GError *error, gpointer user_data)
{
        if (error)
                fprintf(stderr, "impromptu: %s\n", error->message);
}

static void answer_head(Asker *asker, const char *typed)
{
        json_object *question = g_queue_peek_head(&asker->waiting);
        g_autofree char *answer = question ? meant(question, typed) : NULL;

        if (!question)
                return;
        if (!answer) {
                puts("         That is none of the answers.");
                print_answers(question);
                return;
        }
        json_object *id;
        json_object_object_get_ex(question, "question", &id);
        g_autofree char *path = cli_path(API_PREFIX "/answers", json_object_get_string(id), NULL);
        json_object *body = json_object_new_object();
        json_object_object_add(body, "answer", json_object_new_string(answer));
        agent_client_request(asker->cli->agent, "POST", path, body, NULL, replied_cb, NULL);
        json_object_put(body);
        next(asker);
}

static gboolean typed_cb(int fd, GIOCondition condition, gpointer user_data)
{
        Asker *asker = user_data;
        char bytes[ANSWER_BYTES_MAX];
        ssize_t length = read(fd, bytes, sizeof bytes);

        if (length <= 0) {
                asker->source = 0;
                asker->terminal = FALSE;
                return G_SOURCE_REMOVE;
        }
        g_string_append_len(asker->line, bytes, length);
        char *end;
        while ((end = memchr(asker->line->str, '\n', asker->line->len))) {
                g_autofree char *typed = g_strstrip(g_strndup(asker->line->str, end - asker->line->str));
                g_string_erase(asker->line, 0, end + 1 - asker->line->str);
                answer_head(asker, typed);
        }
        if (asker->line->len > ANSWER_BYTES_MAX)
                g_string_truncate(asker->line, 0);
        return G_SOURCE_CONTINUE;
}

void asker_ask(Asker *asker, json_object *question)
{
        if (g_queue_get_length(&asker->waiting) >= QUESTIONS_MAX)
                return;
        if (asker->terminal && !asker->source)
                asker->source = g_unix_fd_add(STDIN_FILENO, G_IO_IN | G_IO_HUP, typed_cb, asker);
        g_queue_push_tail(&asker->waiting, json_object_get(question));
        if (g_queue_get_length(&asker->waiting) == 1)
                show_head(asker);
}

void asker_settled(Asker *asker, json_object *answered)
{
        g_autofree char *id = cli_text(answered, "question");
        g_autofree char *answer = cli_text(answered, "answer");

        for (GList *l = asker->waiting.head; l; l = l->next) {
                g_autofree char *waiting = cli_text(l->data, "question");
                if (strcmp(waiting, id) != 0)
                        continue;
                if (l == asker->waiting.head) {
                        printf("\n         answered elsewhere: %s\n", answer);
                        next(asker);
                } else {
                        json_object_put(l->data);
                        g_queue_delete_link(&asker->waiting, l);
                }
                return;
        }
}

gboolean asker_waits(const Asker *asker)
{
        return asker->waiting.length > 0;
}
