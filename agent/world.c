#include "agent/world.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "agent/agent.h"
#include "agent/json.h"
#include "agent/places.h"

#define WORLD_ANSWERS "/run/impromptu/net.json"
#define WORLD_OPEN_MAX 16 /* folders open at once while a world is removed */

static gboolean fail(int fault, const char *path, GError **error)
{
        g_set_error(error, AGENT_ERROR, API_ERROR_STORAGE, "The sample's files could not be made (%s): %s.", path, g_strerror(fault));
        return FALSE;
}

static gboolean make_folder(const char *path, GError **error)
{
        return g_mkdir_with_parents(path, 0700) == 0 || fail(errno, path, error);
}

/* Zeros that really take room, so that a tool which counts blocks finds them too. */
static int fill(int fd, gint64 size)
{
        int fault = size > 0 ? posix_fallocate(fd, 0, size) : 0;
        if (fault == EOPNOTSUPP || fault == EINVAL)
                fault = ftruncate(fd, size) < 0 ? errno : 0;
        return fault;
}

static gboolean make_file(const char *path, const char *text, gint64 size, GError **error)
{
        g_autofree char *folder = g_path_get_dirname(path);
        if (!make_folder(folder, error))
                return FALSE;
        if (text)
                return g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, error);
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return fail(errno, path, error);
        int fault = fill(fd, size);
        close(fd);
        return fault == 0 || fail(fault, path, error);
}

/* What servers answer in this world: a file of it that the sandbox hands to the tool's fetch(). */
static gboolean make_answers(const char *world, json_object *answers, GError **error)
{
        g_autofree char *path = g_strconcat(world, WORLD_ANSWERS, NULL), *text = json_line(answers);
        return make_file(path, text, 0, error);
}

static gboolean fill_world(const char *world, json_object *files, GError **error)
{
        gint64 total = 0;
        g_autoptr(json_object) answers = json_object_new_object();
        if (!json_object_is_type(files, json_type_object))
                return TRUE;
        json_object_object_foreach(files, key, content) {
                if (g_str_has_prefix(key, "https://")) {
                        total += (gint64)strlen(key) + json_object_get_string_len(content);
                        json_add(answers, key, json_object_get(content));
                        continue;
                }
                g_autofree char *path = places_expand(key, error);
                if (!path)
                        return FALSE;
                g_autofree char *full = g_strconcat(world, path, NULL);
                const char *text = json_value_text(content);
                gint64 size = json_int(content, "size", 0);
                total += text ? (gint64)strlen(text) : MAX(size, 0);
                if (total > WORLD_BYTES_MAX) {
                        g_set_error(error, AGENT_ERROR, API_ERROR_TOO_LARGE, "A sample's files may be %d MiB together.",
                                    WORLD_BYTES_MAX >> 20);
                        return FALSE;
                }
                gboolean folder = json_flag(content, "folder", FALSE);
                if (folder ? !make_folder(full, error) : !make_file(full, text, size, error))
                        return FALSE;
        }
        return json_object_object_length(answers) == 0 || make_answers(world, answers, error);
}

char *world_new(const char *folder, json_object *files, const char *const *needed, GError **error)
{
        g_autofree char *worlds = g_build_filename(folder, "worlds", NULL);
        if (!make_folder(worlds, error))
                return NULL;
        char *world = g_build_filename(worlds, "XXXXXX", NULL);
        if (!g_mkdtemp_full(world, 0700)) {
                fail(errno, worlds, error);
                g_free(world);
                return NULL;
        }
        gboolean made = fill_world(world, files, error);
        for (gsize i = 0; made && needed[i]; i++) {
                g_autofree char *path = g_strconcat(world, needed[i], NULL);
                made = g_file_test(path, G_FILE_TEST_EXISTS) || make_folder(path, error);
        }
        if (!made)
                g_clear_pointer(&world, world_free);
        return world;
}

static int remove_cb(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
        if (remove(path) < 0)
                g_warning("%s could not be removed: %s", path, g_strerror(errno));
        return 0;
}

/* A tool may have made a folder of its world unreadable. */
static int open_up_cb(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
        if (kind == FTW_DNR || (kind == FTW_D && (status->st_mode & 0700) != 0700))
                chmod(path, 0700);
        return 0;
}

static void remove_tree(const char *path)
{
        nftw(path, open_up_cb, WORLD_OPEN_MAX, FTW_PHYS);
        nftw(path, remove_cb, WORLD_OPEN_MAX, FTW_DEPTH | FTW_PHYS);
}

void world_free(char *world)
{
        if (world)
                remove_tree(world);
        g_free(world);
}

void world_clean(const char *folder)
{
        g_autofree char *worlds = g_build_filename(folder, "worlds", NULL);
        if (g_file_test(worlds, G_FILE_TEST_IS_DIR))
                remove_tree(worlds);
}
