/* impromptu-key-entry: the window that takes an API key. A process of its own, so that the key goes from the person's fingers to the agent
 * and is never in the shell. The session starts it, and it ends when it is closed. */
#include <gtk/gtk.h>
#include <string.h>
#include <sys/prctl.h>

#include "agent/inference/provider.h"
#include "protocols/api.h"
#include "protocols/client.h"
#include "protocols/share.h"
#include "protocols/text.h"

#define KEY_MAX 4096    /* characters */
#define ANSWER_MAX 400  /* characters of the agent's sentence */

/* Colours and sizes of the desktop's look; light or dark as the person's GTK theme is. */
#define STYLE(desk, sheet, rule, ink, soft, accent, ok)                                                                       \
        "* { font-family: Inter, Cantarell, sans; }"                                                                          \
        "window { background: " sheet "; color: " ink "; font-size: 13px; }"                                                   \
        "label.title { font-size: 20px; font-weight: 600; }"                                                                  \
        "label.soft { color: " soft "; } label.bad { color: " accent "; } label.good { color: " ok "; }"                       \
        "entry, button, combobox button { background: " sheet "; color: " ink "; border: 1px solid " rule "; border-radius: 0;" \
        " box-shadow: none; text-shadow: none; background-image: none; padding: 6px 10px; min-height: 20px; }"                  \
        "entry { caret-color: " accent "; } entry:focus, button:focus { border-color: " ink "; outline: none; }"               \
        "button.main { background: " ink "; color: " sheet "; border-color: " ink "; }"                                        \
        "button:hover { border-color: " ink "; } button:disabled, entry:disabled { color: " soft "; background: " desk "; }"

static const char light[] = STYLE("#e9e5da", "#fffdf9", "#d9d4c7", "#1c1b1f", "#6a675f", "#c8401f", "#2c7a4b");
static const char dark[] = STYLE("#17161a", "#26252b", "#3a3841", "#f1ede2", "#a39f93", "#ff7a55", "#6fce97");

typedef struct {
        AgentClient *agent;
        GtkWidget *window;
        GtkComboBoxText *provider;
        GtkEntry *key;
        GtkWidget *use;
        GtkLabel *answer;
} KeyEntry;

/* Whoever a key can be for, as the data say. */
static void add_providers(GtkComboBoxText *list)
{
        g_autofree char *share = share_folder("providers.json"), *path = g_build_filename(share, "providers.json", NULL);
        g_autoptr(Providers) providers = providers_new();
        g_autoptr(GError) error = NULL;
        json_object *rows = json_object_from_file(path);
        const Provider *provider;

        if (!providers_add(providers, rows, path, &error))
                g_warning("%s", error->message);
        json_object_put(rows);
        for (guint i = 0; (provider = providers_at(providers, i)); i++) {
                if (provider->keys[0] && provider->base && !providers_second_way(providers, provider))
                        gtk_combo_box_text_append(list, provider->name, provider->title);
        }
}

static void say(KeyEntry *entry, const char *sentence, const char *style)
{
        GtkStyleContext *context = gtk_widget_get_style_context(GTK_WIDGET(entry->answer));

        gtk_style_context_remove_class(context, "soft");
        gtk_style_context_remove_class(context, "good");
        gtk_style_context_remove_class(context, "bad");
        gtk_style_context_add_class(context, style);
        gtk_label_set_text(entry->answer, sentence);
}

static const char *text_of(json_object *object, const char *name)
{
        json_object *value;

        if (!json_object_object_get_ex(object, name, &value) || !json_object_is_type(value, json_type_string))
                return NULL;
        return json_object_get_string(value);
}

static gboolean flag_of(json_object *object, const char *name)
{
        json_object *value;

        return json_object_object_get_ex(object, name, &value) && json_object_get_boolean(value);
}

/* What became of the key: whether its provider took it, and whether it will still be there tomorrow. It is called working only where the
 * agent says that the provider took it. */
static char *taken_sentence(json_object *body, const char *provider, gboolean *good)
{
        g_autofree char *unknown = text_plain(text_of(body, "unknown"), ANSWER_MAX);
        const char *kept = flag_of(body, "kept") ? "The key is in your keyring; you can close this window."
                                                 : "There is no keyring here, so the key is kept until you log out.";

        *good = flag_of(body, "works");
        if (*good)
                return g_strdup_printf("%s takes this key. %s", provider, kept);
        return g_strdup_printf("Whether this key works is not known yet. %s%s%s", unknown, *unknown ? " " : "", kept);
}

static void reply_cb(json_object *body, const GError *error, gpointer user_data)
{
        KeyEntry *entry = user_data;
        g_autofree char *provider = gtk_combo_box_text_get_active_text(entry->provider);
        gboolean good = FALSE;

        gtk_widget_set_sensitive(entry->use, TRUE);
        gtk_widget_set_sensitive(GTK_WIDGET(entry->provider), TRUE);
        if (g_error_matches(error, CLIENT_ERROR, CLIENT_ERROR_UNREACHABLE)) {
                say(entry, "The agent does not answer, so the key went nowhere. Wait a moment and try again.", "bad");
                return;
        }
        g_autofree char *sentence = error ? text_plain(error->message, ANSWER_MAX) : taken_sentence(body, provider, &good);
        say(entry, sentence, good ? "good" : error ? "bad" : "soft");
        if (!error)
                gtk_entry_set_text(entry->key, "");
}

static void use_cb(GtkWidget *widget, gpointer user_data)
{
        KeyEntry *entry = user_data;
        g_autofree char *key = g_strstrip(g_strdup(gtk_entry_get_text(entry->key)));
        json_object *body = json_object_new_object();

        if (!*key) {
                say(entry, "Paste the key first.", "bad");
        } else {
                const char *provider = gtk_combo_box_get_active_id(GTK_COMBO_BOX(entry->provider));
                json_object_object_add(body, "provider", json_object_new_string(provider));
                json_object_object_add(body, "key", json_object_new_string(key));
                gtk_widget_set_sensitive(entry->use, FALSE);
                gtk_widget_set_sensitive(GTK_WIDGET(entry->provider), FALSE); /* the answer names it */
                say(entry, "Asking the provider…", "soft");
                agent_client_request(entry->agent, "POST", API_PREFIX "/keys", body, NULL, reply_cb, entry);
        }
        json_object *held;
        if (json_object_object_get_ex(body, "key", &held))
                explicit_bzero((char *)json_object_get_string(held), (gsize)json_object_get_string_len(held));
        json_object_put(body);
        explicit_bzero(key, strlen(key));
}

static gboolean key_cb(GtkWidget *widget, GdkEventKey *event, gpointer user_data)
{
        if (event->keyval != GDK_KEY_Escape)
                return FALSE;
        gtk_widget_destroy(widget);
        return TRUE;
}

static GtkWidget *label(const char *text, const char *style)
{
        GtkWidget *widget = gtk_label_new(text);

        gtk_label_set_xalign(GTK_LABEL(widget), 0);
        gtk_label_set_line_wrap(GTK_LABEL(widget), TRUE);
        gtk_label_set_max_width_chars(GTK_LABEL(widget), 52);
        gtk_style_context_add_class(gtk_widget_get_style_context(widget), style);
        return widget;
}

static void apply_style(void)
{
        g_autoptr(GtkCssProvider) css = gtk_css_provider_new();
        gboolean is_dark = FALSE;

        g_object_get(gtk_settings_get_default(), "gtk-application-prefer-dark-theme", &is_dark, NULL);
        gtk_css_provider_load_from_data(css, is_dark ? dark : light, -1, NULL);
        gtk_style_context_add_provider_for_screen(gdk_screen_get_default(), GTK_STYLE_PROVIDER(css),
                                                  GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
}

static GtkWidget *make_provider(KeyEntry *entry)
{
        GtkWidget *provider = gtk_combo_box_text_new();

        add_providers(GTK_COMBO_BOX_TEXT(provider));
        gtk_combo_box_set_active(GTK_COMBO_BOX(provider), 0);
        atk_object_set_name(gtk_widget_get_accessible(provider), "Provider");
        entry->provider = GTK_COMBO_BOX_TEXT(provider);
        return provider;
}

static GtkWidget *make_key(KeyEntry *entry)
{
        GtkWidget *key = gtk_entry_new();

        gtk_entry_set_visibility(GTK_ENTRY(key), FALSE);
        gtk_entry_set_input_purpose(GTK_ENTRY(key), GTK_INPUT_PURPOSE_PASSWORD);
        gtk_entry_set_max_length(GTK_ENTRY(key), KEY_MAX);
        gtk_entry_set_placeholder_text(GTK_ENTRY(key), "Paste the key");
        atk_object_set_name(gtk_widget_get_accessible(key), "Key");
        gtk_widget_set_hexpand(key, TRUE);
        g_signal_connect(key, "activate", G_CALLBACK(use_cb), entry);
        entry->key = GTK_ENTRY(key);
        return key;
}

static GtkWidget *make_row(KeyEntry *entry)
{
        GtkWidget *row = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 8);

        entry->use = gtk_button_new_with_mnemonic("_Use this key");
        gtk_style_context_add_class(gtk_widget_get_style_context(entry->use), "main");
        g_signal_connect(entry->use, "clicked", G_CALLBACK(use_cb), entry);
        gtk_container_add(GTK_CONTAINER(row), make_provider(entry));
        gtk_container_add(GTK_CONTAINER(row), make_key(entry));
        gtk_container_add(GTK_CONTAINER(row), entry->use);
        return row;
}

static void make_window(KeyEntry *entry)
{
        GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 12);

        entry->window = gtk_window_new(GTK_WINDOW_TOPLEVEL);
        gtk_window_set_title(GTK_WINDOW(entry->window), "A key for Impromptu");
        gtk_window_set_default_size(GTK_WINDOW(entry->window), 560, -1);
        gtk_window_set_resizable(GTK_WINDOW(entry->window), FALSE);
        gtk_container_set_border_width(GTK_CONTAINER(entry->window), 24);
        g_signal_connect(entry->window, "destroy", G_CALLBACK(gtk_main_quit), NULL);
        g_signal_connect(entry->window, "key-press-event", G_CALLBACK(key_cb), NULL);

        GtkWidget *answer = label("The key goes to Impromptu's agent, which keeps it in your keyring. No app and no other window sees it.",
                                  "soft");
        entry->answer = GTK_LABEL(answer);
        gtk_container_add(GTK_CONTAINER(box), label("Which key may Impromptu use?", "title"));
        gtk_container_add(GTK_CONTAINER(box), make_row(entry));
        gtk_container_add(GTK_CONTAINER(box), answer);
        gtk_container_add(GTK_CONTAINER(entry->window), box);
        gtk_widget_show_all(entry->window);
        gtk_widget_grab_focus(GTK_WIDGET(entry->key));
}

int main(int argc, char **argv)
{
        KeyEntry entry = {0};
        g_autoptr(GError) error = NULL;

        if (argc > 1) {
                gboolean help = g_str_equal(argv[1], "--help") || g_str_equal(argv[1], "-h");
                FILE *to = help ? stdout : stderr;

                fputs("Usage: impromptu-key-entry\n\nShows a window in which an API key is typed or pasted, and gives it to the agent.\n", to);
                return help ? 0 : 2;
        }
        prctl(PR_SET_DUMPABLE, 0); /* a key is typed here: no core file, and no other program looks inside */
        if (!gtk_init_check(&argc, &argv)) {
                g_printerr("impromptu-key-entry: there is no display to show a window on: set DISPLAY.\n");
                return 1;
        }
        entry.agent = agent_client_new(NULL, &error);
        if (!entry.agent) {
                g_printerr("impromptu-key-entry: %s\n", error->message);
                return 1;
        }
        apply_style();
        make_window(&entry);
        gtk_main();
        agent_client_unref(entry.agent);
        return 0;
}
