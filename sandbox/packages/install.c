/* One installation at a time, in steps: ask the settings, download, hash, unpack, commit. Each confined step is over, with all its
 * processes, before what it wrote is looked at. Whatever comes out of a step is data: names are checked, files opened without links. */
#include "packages/install.h"

#include "call.h"
#include "packages/settings.h"
#include "packages/store.h"
#include "protocols/text.h"
#include "wire.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OUTPUT_MAX (64 * 1024)
#define MESSAGE_CHARACTERS_MAX 500
#define WHEEL_NAME_MAX 200
#define HASH_AT_ONCE (1024 * 1024) /* so that other calls go on meanwhile */

extern const char download_source[], unpack_source[];

typedef struct {
        InstalledFunc func;
        gpointer data;
} Waiter;

typedef struct {
        Installer *installer;
        GStrv requirements;
        char *key;
        GArray *waiters; /* Waiter */
        SettingsAsk *asking;
        Settings *settings;
        Stage *stage;
        Call *call;
        PlanInstall step;   /* the next call, or the one under way */
        const char *source; /* of it; NULL: none is to be started */
        char *arguments;
        json_object *result;
        char *failure;
        GPtrArray *wheels;  /* Wheel */
        GSource *hashing;
        guint hashed;       /* wheels that are */
        int file;
        GChecksum *sum;
} Job;

struct Installer {
        Pool *pool;
        GQueue jobs; /* the first is under way */
        GSource *later;
};

static void next(Installer *installer);

/* ---- a job's life */

static void job_free(Job *job)
{
        settings_drop(job->asking);
        settings_free(job->settings);
        watch_clear(&job->hashing);
        if (job->file >= 0)
                close(job->file);
        if (job->sum)
                g_checksum_free(job->sum);
        stage_free(job->stage);
        g_ptr_array_unref(job->wheels);
        json_object_put(job->result);
        g_array_unref(job->waiters);
        g_strfreev(job->requirements);
        g_free(job->arguments);
        g_free(job->failure);
        g_free(job->key);
        g_free(job);
}

/* Tells all that wait, forgets the job, and goes on with the one behind it from the main loop. */
static void end(Job *job, const char *site, const char *message)
{
        Installer *installer = job->installer;
        g_autofree char *plain = message ? text_plain(message, MESSAGE_CHARACTERS_MAX) : NULL;

        g_queue_remove(&installer->jobs, job);
        /* before anybody is told: who asked may end us when it knows */
        g_clear_pointer(&job->stage, stage_free);
        for (guint i = 0; i < job->waiters->len; i++) {
                const Waiter *waiter = &g_array_index(job->waiters, Waiter, i);

                waiter->func(site, plain, waiter->data);
        }
        job_free(job);
        next(installer);
}

static void end_error(Job *job, GError *error)
{
        end(job, NULL, error->message);
        g_error_free(error);
}

/* ---- confined steps */

static json_object *read_result(const char *text, gsize size)
{
        json_tokener *tokener = json_tokener_new_ex(8);
        json_object *result;

        json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
        result = json_tokener_parse_ex(tokener, text, (int)size);
        json_tokener_free(tokener);
        return result;
}

static const char *get_text(json_object *object, const char *name)
{
        json_object *value;

        return json_object_object_get_ex(object, name, &value) && json_object_is_type(value, json_type_string) ? json_object_get_string(value)
                                                                                                               : NULL;
}

static char *explain(const CallAnswer *answer)
{
        json_object *raised = answer->raised ? read_result(answer->raised, answer->raised_size) : NULL;
        const char *said = get_text(raised, "message");
        char *text;

        if (answer->error == SANDBOX_ERROR_TIME)
                text = g_strdup_printf("The Python packages could not be installed within %d seconds.", INSTALL_SECONDS_MAX);
        else if (answer->error == SANDBOX_ERROR_MEMORY)
                text = g_strdup_printf("Installing the Python packages needed more than %d MB of memory.", INSTALL_MEMORY_MB);
        else if (answer->error == SANDBOX_ERROR_TOOL)
                text = g_strdup_printf("The Python packages could not be installed: %s", said ? said : answer->message);
        else
                text = g_strdup(answer->message);
        json_object_put(raised);
        return text;
}

static void answered_cb(Call *call, const CallAnswer *answer, gpointer data)
{
        Job *job = data;
        json_object *error = NULL;

        if (answer->error >= 0) {
                job->failure = explain(answer);
                return;
        }
        job->result = read_result(answer->result, answer->result_size);
        if (json_object_object_get_ex(job->result, "error", &error)) {
                const char *message = get_text(error, "message");

                job->failure = g_strdup(message ? message : "The Python packages could not be installed.");
        }
}

static void started_cb(Call *call, gpointer data)
{
        pool_refill(((Job *)data)->installer->pool);
}

static void progress_cb(Call *call, gboolean part, const char *text, gsize size, gpointer data)
{
}

static void downloaded(Job *job);
static void unpacked(Job *job);

static void gone_cb(Call *call, gpointer data)
{
        Job *job = data;
        gboolean download = job->step.step == INSTALL_DOWNLOAD;

        job->call = NULL;
        if (!job->waiters->len)
                end(job, NULL, NULL);
        else if (job->failure)
                end(job, NULL, job->failure);
        else if (download)
                downloaded(job);
        else
                unpacked(job);
}

/* Starts the step that is prepared, as soon as there is a spare. */
static void start_step(Job *job)
{
        const CallFuncs funcs = {.started = started_cb, .progress = progress_cb, .answered = answered_cb, .gone = gone_cb, .data = job};
        g_autoptr(GArray) none = g_array_new(FALSE, FALSE, sizeof(SandboxGrant));
        PlanRequest request = {.source = job->source, .source_size = job->source ? strlen(job->source) : 0, .grants = none,
                               .seconds = INSTALL_SECONDS_MAX, .memory_mb = INSTALL_MEMORY_MB, .processes = INSTALL_PROCESSES,
                               .output_max = OUTPUT_MAX, .install = &job->step};
        g_autoptr(GError) error = NULL;
        const char *message;
        Plan *plan;
        Spare spare;

        if (!job->source)
                return;
        if (!pool_take(job->installer->pool, &spare, &message)) {
                if (message)
                        end(job, NULL, message);
                return;
        }
        request.arguments = job->arguments;
        request.arguments_size = strlen(job->arguments);
        job->source = NULL;
        plan = plan_new(&request, &error);
        if (plan) {
                job->call = call_start(plan, spare, &request, &funcs);
                return;
        }
        pool_kill(&spare);
        pool_refill(job->installer->pool);
        end_error(job, g_steal_pointer(&error));
}

/* Takes arguments. */
static void prepare_step(Job *job, InstallStep step, const char *source, json_object *arguments)
{
        job->step = (PlanInstall){.step = step, .place = stage_work(job->stage), .room = {INSTALL_BYTES_MAX, INSTALL_FILES_MAX}};
        if (step == INSTALL_DOWNLOAD) {
                job->step.wheels = (const char *const *)job->settings->folders;
                job->step.index = job->settings->broker;
        }
        g_free(job->arguments);
        job->arguments = g_strdup(json_object_to_json_string_ext(arguments, JSON_C_TO_STRING_PLAIN));
        json_object_put(arguments);
        job->source = source;
        start_step(job);
}

/* ---- settings and download */

static json_object *texts(const char *const *list)
{
        json_object *array = json_object_new_array();

        for (; *list; list++)
                json_object_array_add(array, json_object_new_string(*list));
        return array;
}

static void download(Job *job)
{
        const Settings *settings = job->settings;
        json_object *arguments = json_object_new_object(), *folders = json_object_new_array();

        for (guint i = 0; settings->folders[i]; i++) {
                g_autofree char *place = g_strdup_printf(WHEELS_FOLDER "/%u", i);

                json_object_array_add(folders, json_object_new_string(place));
        }
        json_object_object_add(arguments, "indexes", texts((const char *const *)settings->indexes));
        json_object_object_add(arguments, "pages", texts((const char *const *)settings->pages));
        json_object_object_add(arguments, "folders", folders);
        json_object_object_add(arguments, "requirements", texts((const char *const *)job->requirements));
        json_object_object_add(arguments, "stall", json_object_new_int(settings->stall));
        prepare_step(job, INSTALL_DOWNLOAD, download_source, arguments);
}

static void settings_cb(Settings *settings, const char *message, gpointer data)
{
        Job *job = data;
        GError *error = NULL;

        job->asking = NULL;
        job->settings = settings;
        if (!settings)
                end(job, NULL, message);
        else if (!settings->broker && !settings->folders[0])
                end(job, NULL, "Python packages cannot be installed: pip is told neither of a package index nor of a folder of wheels "
                               "(pip config list shows what it is told).");
        else if (!(job->stage = stage_new(&error)))
                end_error(job, error);
        else
                download(job);
}

static void next(Installer *installer)
{
        Job *job = g_queue_peek_head(&installer->jobs);
        GError *error = NULL;

        if (!job || job->asking || job->settings)
                return;
        job->asking = settings_ask(settings_cb, job, &error);
        if (!job->asking)
                end_error(job, error);
}

/* ---- hashes */

static gboolean is_wheel_name(const char *name)
{
        gsize n = strlen(name);

        return n <= WHEEL_NAME_MAX && g_str_has_suffix(name, ".whl") && g_ascii_isalnum(name[0]) &&
               strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+!-") == n;
}

/* Lists what was downloaded: wheels and nothing else. */
static gboolean list_wheels(Job *job)
{
        int fd = openat(stage_work(job->stage), "wheels", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
        struct dirent *entry;
        gboolean fine = entries != NULL;

        while (fine && (entry = readdir(entries))) {
                struct stat about;
                Wheel *wheel;

                if (g_str_equal(entry->d_name, ".") || g_str_equal(entry->d_name, ".."))
                        continue;
                fine = is_wheel_name(entry->d_name) && job->wheels->len < INSTALL_WHEELS_MAX &&
                       fstatat(fd, entry->d_name, &about, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(about.st_mode);
                if (!fine)
                        break;
                wheel = g_new0(Wheel, 1);
                wheel->file = g_strdup(entry->d_name);
                wheel->bytes = (guint64)about.st_size;
                g_ptr_array_add(job->wheels, wheel);
        }
        if (entries)
                closedir(entries);
        return fine && job->wheels->len;
}

static void hashed(Job *job)
{
        json_object *arguments, *list;
        GError *error = NULL;
        g_autofree char *site = NULL;

        if (!store_check_known(job->wheels, &error)) {
                end_error(job, error);
                return;
        }
        site = store_find_wheels((const char *const *)job->requirements, job->wheels);
        if (site) {
                end(job, site, NULL);
                return;
        }
        arguments = json_object_new_object();
        list = json_object_new_array();
        for (guint i = 0; i < job->wheels->len; i++)
                json_object_array_add(list, json_object_new_string(((Wheel *)job->wheels->pdata[i])->file));
        json_object_object_add(arguments, "wheels", list);
        json_object_put(g_steal_pointer(&job->result));
        prepare_step(job, INSTALL_UNPACK, unpack_source, arguments);
}

/* FALSE: it cannot be read. */
static gboolean hash_some(Job *job)
{
        Wheel *wheel = job->wheels->pdata[job->hashed];
        g_autofree char *place = g_build_filename("wheels", wheel->file, NULL), *bytes = g_malloc(HASH_AT_ONCE);
        ssize_t n;

        if (job->file < 0) {
                job->file = openat(stage_work(job->stage), place, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
                job->sum = g_checksum_new(G_CHECKSUM_SHA256);
        }
        n = job->file >= 0 ? read(job->file, bytes, HASH_AT_ONCE) : -1;
        if (n > 0)
                g_checksum_update(job->sum, (const guchar *)bytes, n);
        if (n)
                return n > 0;
        wheel->sha256 = g_strdup(g_checksum_get_string(job->sum));
        g_clear_pointer(&job->sum, g_checksum_free);
        close(job->file);
        job->file = -1;
        job->hashed++;
        return TRUE;
}

static gboolean hash_cb(gpointer data)
{
        Job *job = data;

        if (!hash_some(job)) {
                end(job, NULL, "A downloaded Python package could not be read.");
        } else if (job->hashed == job->wheels->len) {
                watch_clear(&job->hashing);
                hashed(job);
        }
        return G_SOURCE_CONTINUE;
}

static void downloaded(Job *job)
{
        if (!list_wheels(job)) {
                end(job, NULL, "What was downloaded are not the wheels of Python packages.");
                return;
        }
        job->hashing = g_idle_source_new();
        g_source_set_callback(job->hashing, hash_cb, job, NULL);
        g_source_attach(job->hashing, g_main_context_get_thread_default());
}

static void unpacked(Job *job)
{
        GError *error = NULL;
        g_autofree char *site = stage_commit(job->stage, (const char *const *)job->requirements, job->wheels, &error);

        if (!site) {
                end_error(job, error);
                return;
        }
        store_collect();
        end(job, site, NULL);
}

/* ---- public */

static gboolean collect_cb(gpointer data)
{
        Installer *installer = data;

        watch_clear(&installer->later);
        store_collect();
        return G_SOURCE_CONTINUE;
}

Installer *installer_new(Pool *pool)
{
        Installer *installer = g_new0(Installer, 1);

        installer->pool = pool;
        g_queue_init(&installer->jobs);
        /* when there is nothing else to do */
        installer->later = g_idle_source_new();
        g_source_set_priority(installer->later, G_PRIORITY_LOW);
        g_source_set_callback(installer->later, collect_cb, installer, NULL);
        g_source_attach(installer->later, g_main_context_get_thread_default());
        return installer;
}

void installer_free(Installer *installer)
{
        Job *job;

        if (!installer)
                return;
        watch_clear(&installer->later);
        while (g_queue_get_length(&installer->jobs) > 1)
                job_free(g_queue_pop_tail(&installer->jobs));
        job = g_queue_peek_head(&installer->jobs);
        if (job && job->call) {
                /* killed, it is over soon, and only then is nothing written to its folder any more */
                g_array_set_size(job->waiters, 0);
                call_cancel(job->call);
                while (!g_queue_is_empty(&installer->jobs))
                        g_main_context_iteration(g_main_context_get_thread_default(), TRUE);
        } else if (job) {
                job_free(job);
        }
        g_free(installer);
}

void installer_add(Installer *installer, const char *const *requirements, InstalledFunc func, gpointer data)
{
        g_autofree char *key = store_key(requirements);
        const Waiter waiter = {func, data};
        Job *job = NULL;

        for (GList *at = installer->jobs.head; at && !job; at = at->next)
                if (g_str_equal(((Job *)at->data)->key, key) && ((Job *)at->data)->waiters->len)
                        job = at->data;
        if (!job && g_queue_get_length(&installer->jobs) >= INSTALL_SETS_MAX) {
                func(NULL, "Too many sets of Python packages wait to be installed. Try again in a moment.", data);
                return;
        }
        if (!job) {
                job = g_new0(Job, 1);
                job->installer = installer;
                job->requirements = g_strdupv((GStrv)requirements);
                job->key = g_steal_pointer(&key);
                job->waiters = g_array_new(FALSE, FALSE, sizeof(Waiter));
                job->wheels = g_ptr_array_new_with_free_func(wheel_free);
                job->file = -1;
                g_queue_push_tail(&installer->jobs, job);
        }
        g_array_append_val(job->waiters, waiter);
        next(installer);
}

void installer_drop(Installer *installer, gpointer data)
{
        for (GList *at = installer->jobs.head, *following; at; at = following) {
                Job *job = at->data;
                guint before = job->waiters->len;

                following = at->next;
                for (guint i = job->waiters->len; i-- > 0;)
                        if (g_array_index(job->waiters, Waiter, i).data == data)
                                g_array_remove_index(job->waiters, i);
                if (job->waiters->len || !before)
                        continue;
                /* one in a confined step ends when its processes have */
                if (job->call)
                        call_cancel(job->call);
                else
                        end(job, NULL, NULL);
                return;
        }
}

void installer_ready(Installer *installer)
{
        Job *job = g_queue_peek_head(&installer->jobs);

        if (job)
                start_step(job);
}
