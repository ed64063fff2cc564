/* One check at a time; the others wait in line. The program is spoken to without ever waiting for it here, and ended when it takes too
 * long or says what is no answer. */
#include "agent/runs/static.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/json.h"
#include "protocols/text.h"
#include "sandbox/page/page.h"

#define ENDS_MAX 3 /* of the program before it has answered once: then it is no page's fault */

typedef struct {
        guint id;
        StaticChecker *checker; /* NULL: nobody looks */
        GByteArray *request;
        StaticFunc func;
        gpointer user_data;
        guint source; /* of one that is told from an idle */
} Check;

struct StaticChecker {
        char *program;
        GPid pid;      /* 0: not running */
        int in, out;   /* its standard input and output */
        guint in_source, out_source, clock;
        gsize sent;
        GByteArray *answer;
        GQueue line;   /* Check; the first one is being looked at */
        gboolean answered; /* it has, since it was first started */
        guint ends;
};

static GHashTable *checks; /* ID → Check, of all checkers */

static void next(StaticChecker *checker);

/* — checks — */

static void check_free(gpointer data)
{
        Check *check = data;
        if (check->source)
                g_source_remove(check->source);
        if (check->request)
                g_byte_array_unref(check->request);
        g_free(check);
}

static Check *check_new(StaticChecker *checker, StaticFunc func, gpointer user_data)
{
        static guint last;
        Check *check = g_new0(Check, 1);
        if (!checks)
                checks = g_hash_table_new_full(NULL, NULL, NULL, check_free);
        *check = (Check){.id = ++last ? last : ++last, .checker = checker, .func = func, .user_data = user_data};
        g_hash_table_insert(checks, GUINT_TO_POINTER(check->id), check);
        return check;
}

static void tell(Check *check, json_object *findings, const char *problem)
{
        StaticFunc func = check->func;
        gpointer user_data = check->user_data;
        if (check->checker)
                g_queue_remove(&check->checker->line, check);
        g_hash_table_remove(checks, GUINT_TO_POINTER(check->id));
        func(findings, problem, user_data);
}

static void tell_problem(Check *check, const char *problem)
{
        g_autoptr(json_object) none = json_object_new_array();
        tell(check, none, problem);
}

static void tell_fault(Check *check, const char *text)
{
        g_autoptr(json_object) findings = json_object_new_array();
        json_object *finding = json_object_new_object();
        json_add_text(finding, "kind", "exception");
        json_add_text(finding, "text", text);
        json_add_int(finding, "line", 0);
        json_object_array_add(findings, finding);
        tell(check, findings, NULL);
}

/* — the program — */

static void reap_cb(GPid pid, gint status, gpointer user_data)
{
        g_spawn_close_pid(pid);
}

/* Whatever it was about to say is not waited for. */
static void end_program(StaticChecker *checker)
{
        g_clear_handle_id(&checker->in_source, g_source_remove);
        g_clear_handle_id(&checker->out_source, g_source_remove);
        g_clear_handle_id(&checker->clock, g_source_remove);
        if (!checker->pid)
                return;
        close(checker->in);
        close(checker->out);
        kill(checker->pid, SIGKILL);
        g_child_watch_add(checker->pid, reap_cb, NULL);
        checker->pid = 0;
}

/* Nothing of the agent's: no environment, no descriptor but the two pipes and where it may complain. */
static gboolean start_program(StaticChecker *checker)
{
        const char *arguments[] = {checker->program, NULL}, *environment[] = {"LANG=C.UTF-8", NULL};
        g_autoptr(GError) error = NULL;
        GPollFD alive = {.fd = checker->out};
        /* one that has ended meanwhile did so over no page */
        if (checker->pid && g_poll(&alive, 1, 0) > 0)
                end_program(checker);
        if (checker->pid)
                return TRUE;
        if (!g_spawn_async_with_pipes_and_fds("/", arguments, environment, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, -1, -1, -1, NULL, NULL, 0,
                                              &checker->pid, &checker->in, &checker->out, NULL, &error)) {
                checker->pid = 0;
                g_warning("Pages are not looked at before they are opened: %s", error->message);
                return FALSE;
        }
        g_unix_set_fd_nonblocking(checker->in, TRUE, NULL);
        g_unix_set_fd_nonblocking(checker->out, TRUE, NULL);
        fcntl(checker->in, F_SETFD, FD_CLOEXEC);
        fcntl(checker->out, F_SETFD, FD_CLOEXEC);
        return TRUE;
}

/* The page that is being looked at ended the program, or would not end; the next one gets a new one. */
static void blame(StaticChecker *checker, const char *text)
{
        Check *check = g_queue_peek_head(&checker->line);
        gboolean hopeless = !checker->answered && ++checker->ends >= ENDS_MAX;
        end_program(checker);
        if (!checker->answered)
                tell_problem(check, hopeless ? "Pages cannot be looked at before they are opened: impromptu-page-check ends as soon as it is "
                                               "started. The agent's log says why."
                                             : "The page was not looked at before it was opened: impromptu-page-check ended.");
        else
                tell_fault(check, text);
        next(checker);
}

/* — reading an answer: a stranger's bytes — */

static gboolean is_finding(json_object *finding)
{
        static const char *const kinds[] = {"request", "tool", "exception", NULL};
        const char *kind = json_text(finding, "kind"), *text = json_text(finding, "text");
        return kind && text && g_strv_contains(kinds, kind) && json_int(finding, "line", -1) >= 0;
}

static json_object *read_findings(const char *bytes, gsize size)
{
        g_autofree char *text = g_strndup(bytes, size), *whole = g_strdup_printf("{\"findings\":%s}", text);
        g_autoptr(json_object) outer = json_parse_object(whole, -1, NULL);
        json_object *list = json_field_array(outer, "findings"), *findings = json_object_new_array();
        for (gsize i = 0; i < json_length(list) && i < PAGE_FINDINGS_MAX; i++) {
                json_object *given = json_object_array_get_idx(list, i), *finding;
                if (!is_finding(given))
                        continue;
                g_autofree char *plain = text_plain(json_text(given, "text"), PAGE_TEXT_MAX);
                finding = json_object_new_object();
                json_add_text(finding, "kind", json_text(given, "kind"));
                json_add_text(finding, "text", plain);
                json_add_int(finding, "line", json_int(given, "line", 0));
                json_object_array_add(findings, finding);
        }
        return findings;
}

/* Whether what came is a whole answer; *broken: it never will be one. */
static gboolean is_whole(const StaticChecker *checker, gboolean *broken)
{
        PageAnswer head = {0};
        if (checker->answer->len < sizeof head)
                return FALSE;
        memcpy(&head, checker->answer->data, sizeof head);
        *broken = head.size > PAGE_ANSWER_MAX || checker->answer->len > sizeof head + head.size;
        return !*broken && checker->answer->len == sizeof head + head.size;
}

static gboolean readable_cb(gint fd, GIOCondition condition, gpointer user_data)
{
        StaticChecker *checker = user_data;
        Check *check = g_queue_peek_head(&checker->line);
        gboolean broken = FALSE;
        char bytes[4096];
        ssize_t n = read(fd, bytes, sizeof bytes);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return G_SOURCE_CONTINUE;
        if (n > 0)
                g_byte_array_append(checker->answer, (const guint8 *)bytes, (guint)n);
        if (n > 0 && is_whole(checker, &broken)) {
                g_autoptr(json_object) findings = read_findings((const char *)checker->answer->data + sizeof(PageAnswer),
                                                                checker->answer->len - sizeof(PageAnswer));
                checker->answered = TRUE;
                g_clear_handle_id(&checker->clock, g_source_remove);
                g_clear_handle_id(&checker->in_source, g_source_remove);
                checker->out_source = 0;
                tell(check, findings, NULL);
                next(checker);
                return G_SOURCE_REMOVE;
        }
        if (n > 0 && !broken)
                return G_SOURCE_CONTINUE;
        checker->out_source = 0;
        blame(checker, broken ? "The page could not be read: what looked at it said what is no answer."
                              : "The page could not be read: the program that looks at it before it is opened crashed over it.");
        return G_SOURCE_REMOVE;
}

static gboolean writable_cb(gint fd, GIOCondition condition, gpointer user_data)
{
        StaticChecker *checker = user_data;
        Check *check = g_queue_peek_head(&checker->line);
        ssize_t n = write(fd, check->request->data + checker->sent, check->request->len - checker->sent);
        if (n > 0)
                checker->sent += (gsize)n;
        /* a program that has ended is noticed by who reads it */
        if (checker->sent < check->request->len && (n > 0 || errno == EAGAIN || errno == EINTR))
                return G_SOURCE_CONTINUE;
        checker->in_source = 0;
        return G_SOURCE_REMOVE;
}

static gboolean clock_cb(gpointer user_data)
{
        StaticChecker *checker = user_data;
        checker->clock = 0;
        blame(checker, "The page could not be read: the program that looks at it before it is opened did not come to an end.");
        return G_SOURCE_REMOVE;
}

/* — the line — */

static void next(StaticChecker *checker)
{
        Check *check = g_queue_peek_head(&checker->line);
        if (!check || checker->out_source)
                return;
        if (!start_program(checker)) {
                tell_problem(check, "Pages cannot be looked at before they are opened: impromptu-page-check cannot be started. Is Impromptu "
                                    "installed completely?");
                next(checker);
                return;
        }
        checker->sent = 0;
        g_byte_array_set_size(checker->answer, 0);
        checker->in_source = g_unix_fd_add(checker->in, G_IO_OUT, writable_cb, checker);
        checker->out_source = g_unix_fd_add(checker->out, G_IO_IN | G_IO_HUP, readable_cb, checker);
        checker->clock = g_timeout_add(STATIC_MS_MAX, clock_cb, checker);
}

static gboolean next_cb(gpointer user_data)
{
        Check *check = user_data;
        check->source = 0;
        if (!check->checker)
                tell_problem(check, "Nobody looks at pages before they are opened here.");
        else if (!check->request)
                tell_fault(check, "The page is too large to be looked at before it is opened.");
        else
                next(check->checker);
        return G_SOURCE_REMOVE;
}

static GByteArray *make_request(const char *page, const char *const *names)
{
        g_autofree char *list = g_strjoinv("\n", (char **)names);
        PageRequest head = {(guint32)strlen(list), 0};
        gsize size = strlen(page);
        GByteArray *request;
        if (size > PAGE_BYTES_MAX || head.names > PAGE_NAMES_MAX)
                return NULL;
        head.page = (guint32)size;
        request = g_byte_array_sized_new((guint)(sizeof head + head.names + size));
        g_byte_array_append(request, (const guint8 *)&head, sizeof head);
        g_byte_array_append(request, (const guint8 *)list, head.names);
        g_byte_array_append(request, (const guint8 *)page, (guint)size);
        return request;
}

guint static_check(StaticChecker *checker, const char *page, const char *const *names, StaticFunc func, gpointer user_data)
{
        gboolean full = checker && g_queue_get_length(&checker->line) >= STATIC_WAITING_MAX;
        Check *check = check_new(full ? NULL : checker, func, user_data);
        check->request = check->checker ? make_request(page, names) : NULL;
        if (check->request)
                g_queue_push_tail(&checker->line, check);
        check->source = g_idle_add_full(G_PRIORITY_DEFAULT, next_cb, check, NULL);
        return check->id;
}

void static_cancel(guint id)
{
        Check *check = checks ? g_hash_table_lookup(checks, GUINT_TO_POINTER(id)) : NULL;
        StaticChecker *checker = check ? check->checker : NULL;
        gboolean first = checker && g_queue_peek_head(&checker->line) == check;
        if (!check)
                return;
        if (checker)
                g_queue_remove(&checker->line, check);
        /* one that is being looked at is given up with the program */
        if (first && checker->out_source)
                end_program(checker);
        g_hash_table_remove(checks, GUINT_TO_POINTER(id));
        if (first)
                next(checker);
}

StaticChecker *static_checker_new(const char *program)
{
        StaticChecker *checker = g_new0(StaticChecker, 1);
        checker->program = g_strdup(program);
        checker->answer = g_byte_array_new();
        g_queue_init(&checker->line);
        return checker;
}

void static_checker_warm(StaticChecker *checker)
{
        if (checker)
                start_program(checker);
}

void static_checker_free(StaticChecker *checker)
{
        if (!checker)
                return;
        end_program(checker);
        while (!g_queue_is_empty(&checker->line))
                g_hash_table_remove(checks, GUINT_TO_POINTER(((Check *)g_queue_pop_head(&checker->line))->id));
        g_byte_array_unref(checker->answer);
        g_free(checker->program);
        g_free(checker);
}
