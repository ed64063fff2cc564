/* What the router decides without a model: the lists of data/routes.json on sentences that stand in no set, and how often they are right on
 * the set that the router is measured with. */
#include <glib/gstdio.h>
#include <string.h>

#include "agent/json.h"
#include "agent/runs/route-rules.h"

#define UNDECIDED "-"

static RouteRules *rules;

static const char *decided(const char *sentence, const char *const *titles, const char *front, const char **action)
{
        RouteWorld world = {titles, front};
        RouteChoice choice;
        gboolean known = route_rules_decide(rules, sentence, &world, &choice);

        if (action)
                *action = known ? choice.action : NULL;
        return known ? run_route_name(choice.route) : UNDECIDED;
}

static void test_titles(void)
{
        static const char *const titles[] = {"Disk Lens", "Écran partagé", "Ship", NULL};

        g_assert_cmpint(route_rules_title("disk lens!", titles), ==, 0);
        g_assert_cmpint(route_rules_title("disk", titles), ==, 0);
        g_assert_cmpint(route_rules_title("ecran", titles), ==, 1);
        g_assert_cmpint(route_rules_title("ship", titles), ==, 2);
        g_assert_cmpint(route_rules_title("dis", titles), ==, -1);  /* no whole word */
        g_assert_cmpint(route_rules_title("disk lens 2", titles), ==, -1);
        g_assert_cmpint(route_rules_title("…", titles), ==, -1);
        g_assert_cmpint(route_rules_title("disk", NULL), ==, -1);
        g_assert_cmpstr(decided("Show me the disk lens, please", titles, NULL, NULL), ==, "open");
        g_assert_cmpstr(decided("show me the weather", titles, NULL, NULL), ==, UNDECIDED);
}

static void test_system(void)
{
        static const struct {
                const char *sentence, *action;
        } cases[] = {
                {"Log out", "logout"}, {"could you please sign out now", "logout"}, {"lock my screen", "lock"},
                {"Reboot this machine", "restart"},
                {"power off", "shutdown"}, {"please suspend the laptop", "sleep"}, {"make a screenshot", "screenshot"},
                {"system settings", "settings"},
                {"Bitte abmelden", "logout"}, {"sperre den Bildschirm", "lock"}, {"Neustart!", "restart"},
                {"mach mal ein Bildschirmfoto", "screenshot"},
                {"se déconnecter", "logout"}, {"verrouiller l'écran s'il te plaît", "lock"}, {"éteindre", "shutdown"},
                {"ouvre les réglages", "settings"},
                {"cerrar sesión", "logout"}, {"bloquear la pantalla", "lock"}, {"suspender", "sleep"},
                {"abre los ajustes por favor", "settings"},
                {"riavvia il computer", "restart"}, {"apri le impostazioni", "settings"},
        };

        for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
                const char *action;
                g_test_message("%s", cases[i].sentence);
                g_assert_cmpstr(decided(cases[i].sentence, NULL, NULL, &action), ==, "system");
                g_assert_cmpstr(action, ==, cases[i].action);
        }
        /* Words of a verb within other words are no order. */
        g_assert_cmpstr(decided("a lock screen with a clock", NULL, NULL, NULL), !=, "system");
        g_assert_cmpstr(decided("a log of when I go to sleep", NULL, NULL, NULL), !=, "system");
        g_assert_cmpstr(decided("cierra", NULL, NULL, NULL), !=, "system");
        g_assert_cmpstr(decided("please now", NULL, NULL, NULL), ==, UNDECIDED);
}

static void test_without_front(void)
{
        static const struct {
                const char *sentence, *route;
        } cases[] = {
                {"a letter to my aunt", "content"}, {"write a haiku", "content"}, {"a letter counter", "app"}, {"a recipe planner", "app"},
                {"ein Märchen über einen Igel", "content"}, {"une recette de crêpes", "content"}, {"un cuento para niños", "content"},
                {"scrivi una lettera a Giulia", "content"}, {"how much swap is used?", "tool"},
                {"wie voll ist der Arbeitsspeicher?", "tool"},
                {"build me a scoreboard", "app"}, {"ein Kalender für Geburtstage", "app"}, {"un diario de viajes", "app"},
                {"un orologio", "app"},
                {"write a year the Roman way: a field Year and a button Write", "app"}, {"add up: fields A and B, a button Sum", "app"},
                {"something to sort my stamps", "app"}, {"quelque chose pour trier mes timbres", "app"},
                /* Without an app in front nothing can be changed or broken. */
                {"make it green", UNDECIDED}, {"it does not work", UNDECIDED}, {"add a button", UNDECIDED},
        };

        for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_test_message("%s", cases[i].sentence);
                g_assert_cmpstr(decided(cases[i].sentence, NULL, NULL, NULL), ==, cases[i].route);
        }
}

static void test_in_front(void)
{
        static const struct {
                const char *sentence, *route;
        } cases[] = {
                {"make it green", "edit"}, {"it does not work", "fix"}, {"add a button for tomorrow", "edit"},
                {"the totals are wrong", "fix"},
                {"entferne die Fußzeile", "edit"}, {"der Knopf reagiert nicht", "fix"}, {"remplace le titre", "edit"},
                {"la page reste vide", "fix"},
                {"ordena por fecha", "edit"}, {"la lista desaparece", "fix"}, {"metti il titolo in alto", "edit"},
                {"la somma è sbagliata", "fix"},
                {"a scoreboard", "app"}, {"a poem about it", "content"}, {"how much memory is free?", "tool"}, {"log out", "system"},
                /* Of an app, or of the computer? */
                {"restart", UNDECIDED}, {"turn off", UNDECIDED}, {"restart the computer", "system"}, {"lock", "system"},
        };

        for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_test_message("%s", cases[i].sentence);
                g_assert_cmpstr(decided(cases[i].sentence, NULL, "Timer", NULL), ==, cases[i].route);
        }
}

static void test_temper(void)
{
        static const char *const titles[] = {"Timer", NULL};
        RouteWorld nothing = {0}, front = {titles, "Timer"};

        g_assert_cmpint(route_rules_temper(rules, "make it bigger", &nothing, ROUTE_EDIT), ==, ROUTE_APP);
        g_assert_cmpint(route_rules_temper(rules, "make it bigger", &front, ROUTE_EDIT), ==, ROUTE_EDIT);
        g_assert_cmpint(route_rules_temper(rules, "tide tables", &nothing, ROUTE_TOOL), ==, ROUTE_APP);
        g_assert_cmpint(route_rules_temper(rules, "my sister's poem", &nothing, ROUTE_TOOL), ==, ROUTE_CONTENT);
        g_assert_cmpint(route_rules_temper(rules, "¿qué hora es", &nothing, ROUTE_TOOL), ==, ROUTE_TOOL);
        g_assert_cmpint(route_rules_temper(rules, "the tides", &nothing, ROUTE_OPEN), ==, ROUTE_APP);
        g_assert_cmpint(route_rules_temper(NULL, "the tides?", &nothing, ROUTE_TOOL), ==, ROUTE_TOOL);
}

static void write_rules(const char *folder, const char *text)
{
        g_autofree char *path = g_build_filename(folder, "routes.json", NULL);

        g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void test_damaged(void)
{
        static const char *const texts[] = {
                "", "[]", "{}", "{\"languages\": []}", "{\"languages\": {\"en\": {}}}", "{\"languages\": {\"en\": {\"fillers\": [1]}}}",
                "{\"languages\": {\"en\": {\"fillers\": [\"…\"]}}}",
        };
        g_autofree char *folder = g_dir_make_tmp("route-rules-XXXXXX", NULL), *path = g_build_filename(folder, "routes.json", NULL);

        for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
                g_autoptr(GError) error = NULL;
                write_rules(folder, texts[i]);
                g_assert_null(route_rules_load(folder, &error));
                g_assert_nonnull(error);
        }
        g_remove(path);
        g_assert_null(route_rules_load(folder, NULL));
        g_rmdir(folder);
}

/* A rule that decides wrongly cannot be put right by any model, so rules must be right where they decide at all. */
static void test_measured(void)
{
        g_autofree char *path = g_build_filename(g_getenv("IMPROMPTU_DATA"), "eval", "route.json", NULL), *text = NULL;
        g_autoptr(json_object) set = NULL;
        json_object *cases;
        guint known = 0, right = 0;

        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        set = json_parse_object(text, -1, NULL);
        cases = json_field_array(set, "cases");
        g_assert_cmpuint(json_length(cases), >=, 150);
        for (gsize i = 0; i < json_length(cases); i++) {
                json_object *one = json_object_array_get_idx(cases, i), *apps = json_field_array(one, "apps");
                g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
                g_auto(GStrv) titles = NULL;
                const char *route;

                for (gsize j = 0; j < json_length(apps); j++)
                        g_strv_builder_add(builder, json_value_text(json_object_array_get_idx(apps, j)));
                titles = g_strv_builder_end(builder);
                route = decided(json_text(one, "say"), (const char *const *)titles, json_text(one, "front"), NULL);
                known += !g_str_equal(route, UNDECIDED);
                right += g_str_equal(route, json_text(one, "want"));
                if (!g_str_equal(route, json_text(one, "want")))
                        g_test_message("%s → %s: %s", json_text(one, "want"), route, json_text(one, "say"));
        }
        g_test_message("%u of %" G_GSIZE_FORMAT " decided, %u of them right", known, json_length(cases), right);
        g_assert_cmpuint(100 * right, >=, 97 * known);
        g_assert_cmpuint(2 * known, >=, json_length(cases));
}

static void test_next(void)
{
        static const struct {
                const char *sentence, *next;
        } cases[] = {
                {"how hot is my processor?", "app"}, {"a letter to my landlord", "app"}, {"a tip calculator", NULL}, {"tomatoes by the clock", NULL},
                {"where do my photos go?", "tool"},
        };

        for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
                RouteWorld world = {0};
                RouteChoice choice;
                gboolean known = route_rules_decide(rules, cases[i].sentence, &world, &choice);
                Route next = route_rules_next(rules, cases[i].sentence, known ? &choice : NULL);

                g_test_message("%s", cases[i].sentence);
                g_assert_cmpstr(next == ROUTE_COUNT ? NULL : run_route_name(next), ==, cases[i].next);
        }
}

int main(int argc, char **argv)
{
        g_autoptr(GError) error = NULL;
        int status;

        g_test_init(&argc, &argv, NULL);
        rules = route_rules_load(g_getenv("IMPROMPTU_DATA"), &error);
        g_assert_no_error(error);
        g_test_add_func("/route-rules/next", test_next);
        g_test_add_func("/route-rules/titles", test_titles);
        g_test_add_func("/route-rules/system", test_system);
        g_test_add_func("/route-rules/without-front", test_without_front);
        g_test_add_func("/route-rules/in-front", test_in_front);
        g_test_add_func("/route-rules/temper", test_temper);
        g_test_add_func("/route-rules/damaged", test_damaged);
        g_test_add_func("/route-rules/measured", test_measured);
        status = g_test_run();
        route_rules_free(rules);
        return status;
}
