/* Verifies that keys are kept by the secret service, found again at the next start, listed and removed, and that one that never answers
 * or is locked ends in a sentence. One start a process: the session bus of a process is the first that it saw, so the mute service is
 * tested by a second run of this program. */
#include "bench.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/inference/keys.h"
#include "vault.h"

#define CANARY "sk-canary-7f3a91c0ffee"

static gboolean mute;
static Vault *vault;

static gboolean uses_groq(gpointer data)
{
        json_object *about = lanes_describe(data), *list = NULL, *value = NULL;
        gboolean uses = FALSE;

        json_object_object_get_ex(about, "lanes", &list);
        if (json_object_array_length(list) > 0)
                json_object_object_get_ex(json_object_array_get_idx(list, 0), "provider", &value);
        uses = value && strcmp(json_object_get_string(value), "Groq") == 0;
        g_assert_null(strstr(json_object_to_json_string(about), CANARY));
        json_object_put(about);
        return uses;
}

/* What a request ended with. */
typedef struct {
        gboolean over, done;
        char *problem;
        GString *told;
        GCancellable *cancellable; /* for the first call to cancel */
} Outcome;

static gboolean is_over(gpointer data)
{
        return ((Outcome *)data)->over;
}

static void done_cb(gboolean done, const GError *error, gpointer user_data)
{
        Outcome *outcome = user_data;

        g_assert_false(outcome->over);
        outcome->over = TRUE;
        outcome->done = done;
        outcome->problem = error ? g_strdup(error->message) : NULL;
}

static void found_cb(const char *provider, const char *key, gpointer user_data)
{
        Outcome *outcome = user_data;

        g_assert_false(outcome->over);
        if (provider)
                g_string_append_printf(outcome->told, "%s=%s ", provider, key);
        else
                outcome->over = TRUE;
}

static void listed_cb(const char *const *kept, gpointer user_data)
{
        Outcome *outcome = user_data;
        g_autofree char *names = g_strjoinv(" ", (char **)kept);

        g_assert_false(outcome->over);
        outcome->over = TRUE;
        g_string_append(outcome->told, names);
}

/* The sentence that it ended with, "" if there was none; done is what it should have come to. */
static char *keep(const char *provider, const char *key, gboolean done)
{
        Outcome outcome = { 0 };

        keys_keep(provider, "Groq", key, done_cb, &outcome);
        g_assert_false(outcome.over);
        bench_until(is_over, &outcome);
        g_assert_cmpint(outcome.done, ==, done);
        return outcome.problem ? outcome.problem : g_strdup("");
}

static char *forget(const char *provider, gboolean done)
{
        Outcome outcome = { 0 };

        keys_remove(provider, "Groq", done_cb, &outcome);
        g_assert_false(outcome.over);
        bench_until(is_over, &outcome);
        g_assert_cmpint(outcome.done, ==, done);
        return outcome.problem ? outcome.problem : g_strdup("");
}

static const char *const asked[] = { "cerebras", "openai", "groq", NULL };

static char *listed(void)
{
        Outcome outcome = { .told = g_string_new(NULL) };

        keys_list(asked, listed_cb, &outcome);
        g_assert_false(outcome.over);
        bench_until(is_over, &outcome);
        return g_string_free(outcome.told, FALSE);
}

static char *found(void)
{
        Outcome outcome = { .told = g_string_new(NULL) };
        g_autoptr(GCancellable) cancellable = g_cancellable_new();

        keys_find_all(asked, cancellable, found_cb, &outcome);
        g_assert_false(outcome.over);
        bench_until(is_over, &outcome);
        return g_string_free(outcome.told, FALSE);
}

static void assert_text(char *text, const char *wanted)
{
        g_assert_cmpstr(text, ==, wanted);
        g_free(text);
}

static void assert_says(char *text, const char *part)
{
        g_assert_nonnull(strstr(text, part));
        g_assert_null(strstr(text, CANARY));
        g_free(text);
}

static void test_kept(void)
{
        g_autofree char *secret = NULL;
        Lanes *lanes;

        assert_text(keep("groq", CANARY, TRUE), "");
        secret = vault_holds(vault, "groq");
        g_assert_cmpstr(secret, ==, CANARY);
        lanes = bench_lanes(TEST_REHEARSAL, TEST_SOURCE "/recordings");
        bench_until(uses_groq, lanes);
        lanes_free(lanes);
}

static void test_all(void)
{
        assert_text(keep("groq", CANARY, TRUE), "");
        assert_text(keep("openai", "sk-other", TRUE), "");
        assert_text(listed(), "openai groq");
        assert_text(found(), "openai=sk-other groq=" CANARY " ");
        assert_text(keep("openai", "sk-new", TRUE), "");
        assert_text(found(), "openai=sk-new groq=" CANARY " ");
        assert_text(forget("openai", TRUE), "");
        g_assert_null(vault_holds(vault, "openai"));
        assert_text(forget("openai", FALSE), "");
        assert_text(listed(), "groq");
        assert_text(found(), "groq=" CANARY " ");
        assert_text(forget("groq", TRUE), "");
        assert_text(listed(), "");
        assert_text(found(), "");
}

/* A cancelled search tells nothing more, its end included. */
static void cancel_cb(const char *provider, const char *key, gpointer user_data)
{
        Outcome *outcome = user_data;

        g_string_append(outcome->told, provider ? provider : "end");
        g_cancellable_cancel(outcome->cancellable);
}

static gboolean has_told(gpointer data)
{
        return ((Outcome *)data)->told->len > 0;
}

static void test_cancelled(void)
{
        Outcome outcome = { .told = g_string_new(NULL) };
        g_autoptr(GCancellable) cancellable = g_cancellable_new();

        assert_text(keep("groq", CANARY, TRUE), "");
        assert_text(keep("openai", "sk-other", TRUE), "");
        outcome.cancellable = cancellable;
        keys_find_all(asked, cancellable, cancel_cb, &outcome);
        bench_until(has_told, &outcome);
        assert_text(listed(), "openai groq"); /* the service answers in order: an end would have come before this */
        g_assert_cmpstr(outcome.told->str, ==, "openai");
        g_string_free(outcome.told, TRUE);
        assert_text(forget("openai", TRUE), "");
        assert_text(forget("groq", TRUE), "");
}

static void test_locked(void)
{
        g_autofree char *secret = NULL;

        assert_text(keep("groq", CANARY, TRUE), "");
        vault_lock(vault, TRUE);
        assert_text(listed(), "groq");
        assert_says(forget("groq", FALSE), "unlock it");
        vault_lock(vault, FALSE);
        secret = vault_holds(vault, "groq");
        g_assert_cmpstr(secret, ==, CANARY);
        assert_text(forget("groq", TRUE), "");
}

/* The lanes tell whose key it is, forget one that was pasted, and leave the environment's alone. */
static void test_lanes(void)
{
        Lanes *lanes;
        json_object *keys;
        g_autoptr(GError) error = NULL;

        g_setenv("OPENAI_API_KEY", "sk-of-the-environment", TRUE);
        lanes = bench_lanes(TEST_REHEARSAL, TEST_SOURCE "/recordings");
        g_assert_null(g_getenv("OPENAI_API_KEY"));
        g_assert_true(lanes_set_key(lanes, "groq", CANARY, NULL));
        keys = lanes_keys(lanes);
        assert_text(g_strdup(json_object_to_json_string_ext(keys, JSON_C_TO_STRING_PLAIN)),
                    "[{\"provider\":\"groq\",\"title\":\"Groq\",\"from\":\"session\"},"
                    "{\"provider\":\"openai\",\"title\":\"OpenAI\",\"from\":\"environment\"}]");
        json_object_put(keys);
        g_assert_true(lanes_remove_key(lanes, "groq", NULL));
        g_assert_false(uses_groq(lanes));
        g_assert_true(lanes_remove_key(lanes, "groq", NULL));
        g_assert_false(lanes_remove_key(lanes, "openai", &error));
        assert_says(g_strdup(error->message), "OPENAI_API_KEY");
        g_clear_error(&error);
        g_assert_false(lanes_remove_key(lanes, "ollama", &error));
        keys = lanes_keys(lanes);
        g_assert_cmpuint(json_object_array_length(keys), ==, 1);
        json_object_put(keys);
        lanes_free(lanes);
}

/* The line of /proc/self/smaps with the flags of the mapping at this address. */
static char *flags_at(const void *address)
{
        g_autofree char *maps = NULL, *start = g_strdup_printf("%lx-", (unsigned long)address);
        const char *mapping, *flags;

        g_assert_true(g_file_get_contents("/proc/self/smaps", &maps, NULL, NULL));
        mapping = strstr(maps, start);
        g_assert_nonnull(mapping);
        flags = strstr(mapping, "VmFlags:");
        g_assert_nonnull(flags);
        return g_strndup(flags, strcspn(flags, "\n"));
}

static void test_memory(void)
{
        char *key = keys_copy(CANARY);
        int status = 0;
        pid_t child;

        g_assert_cmpstr(key, ==, CANARY);
        g_assert_null(keys_copy(NULL));
        assert_says(flags_at(key), " dd"); /* not in a core file */
        child = fork();
        if (child == 0)
                _exit(*key ? 1 : 0);
        g_assert_cmpint(waitpid(child, &status, 0), ==, child);
        g_assert_cmpint(status, ==, 0); /* not in a child */
        keys_free(key);
        keys_free(NULL);
}

static void test_mute(void)
{
        Lanes *lanes = bench_lanes(TEST_REHEARSAL, TEST_SOURCE "/recordings");

        g_assert_true(lanes_set_key(lanes, "groq", CANARY, NULL));
        g_assert_true(uses_groq(lanes)); /* for this session */
        assert_says(keep("groq", CANARY, FALSE), "does not answer");
        assert_says(forget("groq", FALSE), "does not answer");
        assert_text(listed(), "");
        lanes_free(lanes);
}

/* Without a bus there is no service, and that is no error. */
static void test_none(void)
{
        g_autofree char *address = g_strdup(g_getenv("DBUS_SESSION_BUS_ADDRESS"));

        g_unsetenv("DBUS_SESSION_BUS_ADDRESS");
        assert_text(keep("groq", CANARY, FALSE), "");
        assert_text(forget("groq", FALSE), "");
        assert_text(listed(), "");
        assert_text(found(), "");
        g_setenv("DBUS_SESSION_BUS_ADDRESS", address, TRUE);
}

int main(int argc, char **argv)
{
        static const char *const variables[] = { "CEREBRAS_API_KEY", "GROQ_API_KEY", "OPENAI_API_KEY", "OPENROUTER_API_KEY",
                                                 "IMPROMPTU_API_KEY",
                                                 "IMPROMPTU_BASE_URL", "IMPROMPTU_LANE" };
        int result;

        for (gsize i = 0; i < G_N_ELEMENTS(variables); i++)
                g_unsetenv(variables[i]);
        g_setenv("https_proxy", "http://127.0.0.1:1", TRUE); /* nothing leaves this machine */
        g_test_init(&argc, &argv, NULL);
        mute = argc > 1 && strcmp(argv[1], "mute") == 0;
        if (mute)
                g_test_add_func("/keys/mute", test_mute);
        if (!mute) {
                g_test_add_func("/keys/kept", test_kept);
                g_test_add_func("/keys/all", test_all);
                g_test_add_func("/keys/cancelled", test_cancelled);
                g_test_add_func("/keys/locked", test_locked);
                g_test_add_func("/keys/lanes", test_lanes);
                g_test_add_func("/keys/memory", test_memory);
                g_test_add_func("/keys/none", test_none);
        }
        vault = vault_start(mute);
        result = g_test_run();
        vault_stop(vault);
        return result;
}
