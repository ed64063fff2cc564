/* impromptu-page-check: what can be told of a page without opening it. page.h says why it is a program and what it is told.
 *
 * It loads what it needs, shuts itself in (shut.c), and only then reads the first byte of a page. */
#include "page.h"

#include "sandbox/page/check.h"

#include <errno.h>
#include <jsc/jsc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
        JSCContext *context;
        json_object *findings;
} Check;

/* ---- scripts */

static void take_script(const char *code, gsize size, gboolean module, guint line, gpointer data)
{
        Check *check = data;
        g_autoptr(JSCException) exception = NULL;
        JSCCheckSyntaxResult result;

        result = jsc_context_check_syntax(check->context, code, (gssize)size,
                                          module ? JSC_CHECK_SYNTAX_MODE_MODULE : JSC_CHECK_SYNTAX_MODE_SCRIPT, "page", line, &exception);
        if (result == JSC_CHECK_SYNTAX_RESULT_SUCCESS)
                return;
        g_autofree char *text = g_strdup_printf("The script cannot be read, so none of it runs: %s",
                                                exception ? jsc_exception_get_message(exception) : "it is nested too deeply or too large");
        page_add(check->findings, "exception", text, exception ? jsc_exception_get_line_number(exception) : line);
}

/* ---- requests */

static bool read_all(void *at, size_t size)
{
        while (size) {
                ssize_t n = read(STDIN_FILENO, at, size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return false;
                at = (char *)at + n;
                size -= (size_t)n;
        }
        return true;
}

static bool write_all(const void *at, size_t size)
{
        while (size) {
                ssize_t n = write(STDOUT_FILENO, at, size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return false;
                at = (const char *)at + n;
                size -= (size_t)n;
        }
        return true;
}

static bool answer(json_object *findings)
{
        const char *text = json_object_to_json_string_ext(findings, JSON_C_TO_STRING_PLAIN);
        PageAnswer head = {(uint32_t)strlen(text)};

        return write_all(&head, sizeof head) && write_all(text, head.size);
}

static bool serve(JSCContext *context)
{
        PageRequest head;
        bool done = false;

        if (!read_all(&head, sizeof head) || head.names > PAGE_NAMES_MAX || head.page > PAGE_BYTES_MAX)
                return false;
        g_autofree char *names = g_malloc0(head.names + 1), *page = g_malloc0(head.page + 1);
        if (read_all(names, head.names) && read_all(page, head.page)) {
                g_auto(GStrv) list = g_strsplit(names, "\n", -1);
                Check check = {context, json_object_new_array()};

                page_scan(check.findings, page, (const char *const *)list, take_script, &check);
                done = answer(check.findings);
                json_object_put(check.findings);
        }
        return done;
}

int main(void)
{
        g_autoptr(JSCContext) context = NULL;
        g_autoptr(JSCException) exception = NULL;

        /* nothing is run, so there is nothing to compile; and threads that compile would need more of the kernel */
        setenv("JSC_useJIT", "0", 1);
        setenv("JSC_useConcurrentGC", "0", 1);
        setenv("GIGACAGE_ENABLED", "0", 1);
        setenv("Malloc", "1", 1);
        context = jsc_context_new();
        jsc_context_check_syntax(context, "const a = 1; }", -1, JSC_CHECK_SYNTAX_MODE_SCRIPT, "page", 1, &exception);
        jsc_context_check_syntax(context, "export const a = 1", -1, JSC_CHECK_SYNTAX_MODE_MODULE, "page", 1, NULL);
        if (!page_shut_in()) {
                fprintf(stderr, "impromptu-page-check: this system cannot confine it (%s), so pages are not looked at before they are opened.\n",
                        g_strerror(errno));
                return 1;
        }
        while (serve(context))
                ;
        return 0;
}
