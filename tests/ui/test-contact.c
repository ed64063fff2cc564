/* Verifies the contact sheet against stand-ins of the views and the agent, with real key events: it fills, groups, pages, and each key asks
 * for what it says; and what it does with events that nobody would send. */
#include <gdk/gdkkeysyms.h>
#include <glib/gstdio.h>
#include <gtk/gtk.h>
#include <string.h>

#include "protocols/client.h"
#include "shell/ui/contactsheet.h"
#include "shell/ui/desktop-parts.h"
#include "shell/ui/statefile.h"
#include "tests/ui/fakes.h"

#define CHECKED(n) "{\"run\":\"r1\",\"app\":\"laps\",\"draft\":\"r1." n "\",\"path\":\"index.html?draft=r1." n "\",\"state\":\"checked\",\"brief\":\"b" n "\"," \
                   "\"passed\":2,\"total\":2,\"shown\":0,\"broken\":0,\"eye\":0,\"clean\":true}"
#define KEEP "POST /api/v1/runs/r1/keep"

static void
settle(void)
{
        while (g_main_context_iteration(NULL, FALSE))
                ;
}

static void
over_cb(int code, const char *text, gpointer user_data)
{
}

static Desktop *
start(void)
{
        DesktopConfig config = {.share_folder = "/nowhere", .over = over_cb};
        WmEvent ready = {.type = WM_EVENT_READY};
        g_autofree char *path = saved_state_path();
        g_autoptr(GError) error = NULL;
        Desktop *desktop;

        g_unlink(path);
        fakes_reset();
        fake_answer("GET /api/v1/lanes", "{\"lanes\":[{\"lane\":\"fast\",\"model\":\"m\",\"provider\":\"p\"}]}", 0, NULL);
        desktop = desktop_start(&config, &error);
        g_assert_no_error(error);
        fake_core_emit(&ready);
        settle();
        return desktop;
}

static void
tell_variants(guint64 id, const char *state, guint n, const char *groups)
{
        GString *text = g_string_new("{\"run\":\"r1\",\"app\":\"laps\",");

        g_string_append_printf(text, "\"state\":\"%s\",\"groups\":%s,\"drafts\":[", state, groups);
        for (guint i = 1; i <= n; i++)
                g_string_append_printf(text, "%s{\"draft\":\"r1.%u\",\"brief\":\"b%u\"}", i > 1 ? "," : "", i, i);
        g_string_append(text, "]}");
        g_assert_true(fake_event("variants", id, text->str));
        g_string_free(text, TRUE);
        settle();
}

static void
begin(guint n)
{
        fake_event("run", 1, "{\"run\":\"r1\",\"text\":\"count laps\",\"kind\":\"ask\"}");
        fake_event("window", 2, "{\"run\":\"r1\",\"app\":\"laps\",\"title\":\"Laps\",\"glyph\":\"L\"}");
        fake_event("state", 3, "{\"run\":\"r1\",\"app\":\"laps\",\"state\":\"WRITE\",\"attempt\":1}");
        tell_variants(4, "writing", n, "[]");
}

static GtkWidget *
window_of(Desktop *desktop)
{
        return GTK_WIDGET(app_window_gtk(desktop_window(desktop, "laps")));
}

static void
key(Desktop *desktop, guint keyval)
{
        GdkEvent *event = gdk_event_new(GDK_KEY_PRESS);
        GdkKeymapKey *keys = NULL;
        GtkWidget *window = window_of(desktop);
        int n = 0;

        gdk_keymap_get_entries_for_keyval(gdk_keymap_get_for_display(gdk_display_get_default()), keyval, &keys, &n);
        event->key.window = g_object_ref(gtk_widget_get_window(window));
        event->key.keyval = keyval;
        event->key.hardware_keycode = n > 0 ? (guint16)keys[0].keycode : 0;
        event->key.time = GDK_CURRENT_TIME;
        gdk_event_set_device(event, gdk_seat_get_keyboard(gdk_display_get_default_seat(gdk_display_get_default())));
        gtk_widget_event(window, event);
        gdk_event_free(event);
        g_free(keys);
        settle();
}

/* The sheet takes no digit for a while after its tiles have changed places: until it takes one. */
static void
insist(Desktop *desktop, guint keyval, const char *wanted)
{
        gint64 end = g_get_monotonic_time() + 10 * G_USEC_PER_SEC;

        while (!fake_logged(wanted)) {
                g_assert_cmpint(g_get_monotonic_time(), <, end);
                key(desktop, keyval);
        }
}

/* A tile's page is started once the one before has been loaded. */
static void
load_all(guint n)
{
        for (guint i = 0; i < n; i++)
                fake_views_loaded();
        settle();
}

static void
test_fills(void)
{
        Desktop *desktop = start();

        begin(3);
        g_assert_false(fake_logged("load laps"));
        fake_event("variant", 5, CHECKED("2"));
        settle();
        g_assert_cmpuint(fake_count("load laps index.html?draft=r1.2 closed"), ==, 1);
        fake_event("variant", 6, CHECKED("1"));
        fake_event("variant", 7, "{\"run\":\"r1\",\"app\":\"laps\",\"draft\":\"r1.3\",\"state\":\"failed\",\"error\":\"half a page\"}");
        settle();
        g_assert_false(fake_logged("load laps index.html?draft=r1.1 closed"));
        load_all(1);
        g_assert_cmpuint(fake_count("load laps index.html?draft=r1.1 closed"), ==, 1);
        /* When the tiles take their places no page begins anew. */
        tell_variants(8, "choose", 3, "[[\"r1.2\"],[\"r1.1\"]]");
        g_assert_cmpuint(fake_count("load laps"), ==, 2);
        g_assert_nonnull(strstr(fake_evidence(app_window_xid(desktop_window(desktop, "laps")))->evidence, "choose one"));
        insist(desktop, GDK_KEY_1, KEEP " {\"draft\":\"r1.2\"}");
        g_assert_false(fake_logged("r1.3\"}"));
        key(desktop, GDK_KEY_3); /* nothing came of it */
        g_assert_cmpuint(fake_count("\"draft\":\"r1.3\""), ==, 0);
        desktop_free(desktop);
}

static void
test_keys(void)
{
        Desktop *desktop = start();

        begin(2);
        key(desktop, GDK_KEY_1);
        key(desktop, GDK_KEY_m);
        key(desktop, GDK_KEY_Return);
        g_assert_false(fake_logged(KEEP)); /* nothing has been checked */
        fake_event("variant", 5, CHECKED("1"));
        fake_event("variant", 6, CHECKED("2"));
        settle();
        key(desktop, GDK_KEY_KP_2);
        g_assert_cmpuint(fake_count(KEEP " {\"draft\":\"r1.2\"}"), ==, 1);
        key(desktop, GDK_KEY_Right);
        key(desktop, GDK_KEY_m);
        g_assert_cmpuint(fake_count(KEEP " {\"draft\":\"r1.2\",\"more\":true}"), ==, 1);
        key(desktop, GDK_KEY_Left);
        key(desktop, GDK_KEY_space);
        key(desktop, GDK_KEY_Return);
        g_assert_cmpuint(fake_count(KEEP " {\"draft\":\"r1.1\"}"), ==, 1);
        /* From close by Escape goes back first; then it keeps the best. */
        key(desktop, GDK_KEY_Escape);
        g_assert_false(fake_logged(KEEP " {}"));
        key(desktop, GDK_KEY_Escape);
        g_assert_cmpuint(fake_count(KEEP " {}"), ==, 1);
        /* Over: the keys are the page's again. */
        tell_variants(7, "over", 2, "[]");
        key(desktop, GDK_KEY_1);
        g_assert_cmpuint(fake_count(KEEP " {\"draft\":\"r1.1\"}"), ==, 1);
        desktop_free(desktop);
}

static void
test_pages(void)
{
        Desktop *desktop = start();

        begin(75);
        for (guint i = 1; i <= 75; i++) {
                g_autofree char *text = g_strdup_printf("{\"run\":\"r1\",\"app\":\"laps\",\"draft\":\"r1.%u\",\"path\":\"index.html?draft=r1.%u\",\"state\":\"checked\"}", i, i);

                fake_event("variant", 4 + i, text);
        }
        settle();
        load_all(20);
        g_assert_cmpuint(fake_count("load laps"), ==, CONTACT_PAGE_TILES);
        key(desktop, GDK_KEY_Page_Down);
        load_all(20);
        g_assert_cmpuint(fake_count("load laps"), ==, 2 * CONTACT_PAGE_TILES);
        key(desktop, GDK_KEY_2);
        g_assert_true(fake_logged(KEEP " {\"draft\":\"r1.11\"}"));
        for (guint i = 0; i < 20; i++)
                key(desktop, GDK_KEY_Page_Down);
        key(desktop, GDK_KEY_9); /* the last page has three */
        g_assert_cmpuint(fake_count(KEEP), ==, 1);
        key(desktop, GDK_KEY_3);
        g_assert_true(fake_logged(KEEP " {\"draft\":\"r1.75\"}"));
        desktop_free(desktop);
}

/* What is refused is said; a run that ends takes the sheet with it. */
static void
test_refused(void)
{
        Desktop *desktop = start();

        begin(2);
        fake_answer(KEEP, NULL, CLIENT_ERROR_REFUSED, "No draft has been checked yet.");
        key(desktop, GDK_KEY_Escape);
        g_assert_true(fake_logged(KEEP));
        fake_event("done", 9, "{\"run\":\"r1\",\"app\":\"laps\",\"outcome\":\"stopped\",\"message\":\"Stopped.\",\"timeline\":{}}");
        settle();
        fake_event("variants", 10, "{\"run\":\"r1\",\"app\":\"laps\",\"state\":\"choose\",\"drafts\":[{\"draft\":\"../x\"},{\"draft\":5},7,{\"draft\":\"r1.1\"},"
                                   "{\"draft\":\"r1.1\"}],\"groups\":[[\"r1.9\"],7,[[]],[\"r1.1\"]]}");
        settle();
        key(desktop, GDK_KEY_1);
        g_assert_cmpuint(fake_count(KEEP), ==, 1);
        desktop_free(desktop);
}

static void
test_bar(void)
{
        Desktop *desktop = start();
        GdkEvent *event = gdk_event_new(GDK_KEY_PRESS);

        gtk_entry_set_text(GTK_ENTRY(bar_entry(desktop->bar)), "count laps");
        settle();
        event->key.window = g_object_ref(gtk_widget_get_window(bar_window(desktop->bar)));
        event->key.keyval = GDK_KEY_Return;
        event->key.state = GDK_CONTROL_MASK;
        gdk_event_set_device(event, gdk_seat_get_keyboard(gdk_display_get_default_seat(gdk_display_get_default())));
        gtk_widget_event(bar_entry(desktop->bar), event);
        gdk_event_free(event);
        settle();
        g_assert_true(fake_logged("POST /api/v1/ask {\"variants\":6,\"text\":\"count laps\"}"));
        desktop_free(desktop);
}

int
main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        gtk_init(&argc, &argv);
        g_test_add_func("/contact/fills", test_fills);
        g_test_add_func("/contact/keys", test_keys);
        g_test_add_func("/contact/pages", test_pages);
        g_test_add_func("/contact/refused", test_refused);
        g_test_add_func("/contact/bar", test_bar);
        return g_test_run();
}
