/* Verifies that a pasted key is kept by the secret service and found again at the next start, and that a service that never answers
 * holds nothing up. One start a process: the session bus of a process is the first that it saw, so the mute service is tested by a
 * second run of this program. */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

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

static void test_kept(void)
{
        Lanes *lanes = lanes_new(TEST_REHEARSAL, TEST_SOURCE "/recordings");
        g_autoptr(GError) error = NULL;
        g_autofree char *secret = NULL;
        gboolean kept = FALSE;

        g_assert_true(lanes_set_key(lanes, "groq", CANARY, &kept, &error));
        g_assert_no_error(error);
        g_assert_true(kept);
        secret = vault_holds(vault, "groq");
        g_assert_cmpstr(secret, ==, CANARY);
        lanes_free(lanes);
        lanes = lanes_new(TEST_REHEARSAL, TEST_SOURCE "/recordings");
        bench_until(uses_groq, lanes);
        lanes_free(lanes);
}

static void test_mute(void)
{
        Lanes *lanes = lanes_new(TEST_REHEARSAL, TEST_SOURCE "/recordings");
        gint64 before = g_get_monotonic_time();
        gboolean kept = TRUE;

        g_assert_true(lanes_set_key(lanes, "groq", CANARY, &kept, NULL));
        g_assert_false(kept);
        g_test_message("the loop was kept for %.0f ms, at most %d are meant", (g_get_monotonic_time() - before) / 1000.0, KEYS_WAIT_MS);
        g_assert_true(uses_groq(lanes)); /* for this session */
        lanes_free(lanes);
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
        else
                g_test_add_func("/keys/kept", test_kept);
        vault = vault_start(mute);
        result = g_test_run();
        vault_stop(vault);
        return result;
}
