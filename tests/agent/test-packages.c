/* Verifies what is taken for a Python package: the spelling, what a tool's source names, whose module it is, and which names are nearly another's. */
#include <string.h>

#include "agent/json.h"
#include "agent/packages.h"
#include "sandbox/packages/names.h"

static void test_spelling(void)
{
        static const struct {
                const char *text, *canonical; /* NULL: none */
        } cases[] = {
                {"humanize", "humanize"}, {"Flask_SQLAlchemy", "flask-sqlalchemy"}, {" ruamel.yaml ", "ruamel-yaml"}, {"a__b.-c", "a-b-c"},
                {"numpy >= 1.26, < 3", "numpy>=1.26,<3"}, {"qrcode[PIL, x]==7.4", "qrcode[pil,x]==7.4"}, {"x~=1.0", "x~=1.0"}, {"6", "6"},
                {"", NULL}, {"-r/etc/passwd", NULL}, {"--index-url=x", NULL}, {"http://x/y.whl", NULL}, {"./x", NULL}, {"x/y", NULL}, {"x @ http://y", NULL},
                {"x; python_version > '3'", NULL}, {"x y", NULL}, {"x\ny", NULL}, {"x==", NULL}, {"x>=1 -r y", NULL}, {"x>=1,", NULL}, {"n\xc3\xbcmpy", NULL},
                {"x-", NULL}, {"x[", NULL}, {"x[]", NULL}, {"x>=$(id)", NULL},
        };
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                const char *why = NULL;
                g_autofree char *got = package_canonical(cases[i].text, &why);
                if (g_strcmp0(got, cases[i].canonical) != 0)
                        g_error("“%s” is %s, not %s", cases[i].text, got ? got : "none", cases[i].canonical ? cases[i].canonical : "none");
                g_assert_true(got || why);
        }
        g_autofree char *long_one = g_strnfill(PACKAGE_TEXT_MAX + 1, 'x');
        const char *why = NULL;
        g_assert_null(package_canonical(long_one, &why));
        g_autofree char *name = package_name("qrcode[pil]>=7");
        g_assert_cmpstr(name, ==, "qrcode");
}

static void test_likeness(void)
{
        static const struct {
                const char *name, *known; /* NULL: like none */
        } cases[] = {
                {"requests", NULL}, {"numpy>=2", NULL}, {"reqeusts", "requests"}, {"request", "requests"}, {"numpi", "numpy"}, {"python-requests", "requests"},
                {"beautifulsoup", "beautifulsoup4"}, {"pythondateutil", "python-dateutil"}, {"open-pyxl", "openpyxl"}, {"panda", "pandas"},
                {"an-own-name-of-ours", NULL}, {"voxel-sculptor", NULL},
        };
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(GError) error = NULL;
                const char *known = NULL;
                g_assert_true(package_resembles(cases[i].name, &known, &error));
                g_assert_no_error(error);
                if (g_strcmp0(known, cases[i].known) != 0)
                        g_error("%s is like %s, not like %s", cases[i].name, known ? known : "none", cases[i].known ? cases[i].known : "none");
        }
}

static void test_modules(void)
{
        g_assert_cmpstr(package_of_module("PIL"), ==, "pillow");
        g_assert_cmpstr(package_of_module("cv2"), ==, "opencv-python-headless");
        g_assert_cmpstr(package_of_module("yaml"), ==, "pyyaml");
        g_assert_cmpstr(package_of_module("bs4"), ==, "beautifulsoup4");
        g_assert_cmpstr(package_of_module("sklearn"), ==, "scikit-learn");
        g_assert_cmpstr(package_of_module("numpy"), ==, "numpy");
        g_assert_null(package_of_module("json"));
        g_assert_null(package_of_module("my_invention"));
        g_assert_null(package_of_module(""));
}

/* What the source comes to, as JSON; an error's message. */
static char *named(const char *source)
{
        g_autoptr(GError) error = NULL;
        Tool tool = {.source = (char *)source, .capabilities = json_object_new_object()};
        char *text;
        if (packages_read(&tool, &error)) {
                json_object *list = json_field_array(tool.capabilities, PACKAGES_CAPABILITY);
                text = list ? json_line(list) : g_strdup("");
        } else {
                text = g_strdup(error->message);
        }
        json_object_put(tool.capabilities);
        return text;
}

static void test_source(void)
{
        static const struct {
                const char *source, *names;
        } cases[] = {
                {"import json, os\nfrom pathlib import Path\n", ""},
                {"import numpy as np, PIL.Image\n  from bs4 import BeautifulSoup\n", "[\"numpy\",\"pillow\",\"beautifulsoup4\"]"},
                {"# /// script\n# dependencies = [\"Humanize\", 'numpy>=1.26']\n# ///\nimport numpy\n", "[\"humanize\",\"numpy>=1.26\"]"},
                {"# /// script\n# requires-python = \">=3.11\"\n# dependencies = [\n#   \"qrcode[pil]\",\n# ]\n# ///\n", "[\"qrcode[pil]\"]"},
                {"# /// script\r\n# dependencies = [\"own-thing\"]\r\n# ///\r\nx = 1\r\n", "[\"own-thing\"]"},
                {"# dependencies = [\"numpy\"]\n", ""},
                {"# /// script\n# dependencies = []\n# ///\n", ""},
                {"text = 'import numpy'\n", ""},
        };
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *got = named(cases[i].source);
                g_assert_cmpstr(got, ==, cases[i].names);
        }
        g_autofree char *url = named("# /// script\n# dependencies = [\"x @ http://127.0.0.1/x.whl\"]\n# ///\n");
        g_assert_nonnull(strstr(url, "cannot be a dependency"));
        g_autofree char *many = named("# /// script\n# dependencies = [\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\"]\n# ///\n");
        g_assert_nonnull(strstr(many, "at most 8"));
        /* imports beyond the bound are left to the tool's own error */
        g_autofree char *imports = named("import numpy, PIL, yaml, bs4\nimport cv2\nimport sklearn\nimport pandas\nimport scipy\nimport sympy\n");
        g_auto(GStrv) parts = g_strsplit(imports, ",", -1);
        g_assert_cmpuint(g_strv_length(parts), ==, PACKAGES_MAX);
}

static void test_manifest(void)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(json_object) manifest = json_parse("{\"name\": \"t\", \"line\": \"x\", \"arguments\": {}, \"result\": \"{}\", \"capabilities\": {\"packages\": "
                                                     "[\"NumPy >= 2\", \"reqeusts\"]}}", -1, &error);
        g_assert_no_error(error);
        g_autoptr(Tool) tool = tool_from_manifest(manifest, NULL, NULL, &error);
        g_assert_no_error(error);
        g_auto(GStrv) packages = packages_of(tool);
        g_assert_cmpuint(g_strv_length(packages), ==, 2);
        g_assert_cmpstr(packages[0], ==, "numpy>=2");
        g_auto(GStrv) doubts = packages_doubts((const char *const *)packages, &error);
        g_assert_cmpuint(g_strv_length(doubts), ==, 1);
        g_assert_cmpstr(doubts[0], ==, "reqeusts like requests");
        g_autofree char *sentence = NULL, *detail = NULL;
        packages_words(doubts[0], &sentence, &detail);
        g_assert_nonnull(strstr(sentence, "“reqeusts”"));
        g_assert_nonnull(strstr(detail, "“requests”"));
        g_autoptr(json_object) bad = json_parse("[\"-r x\"]", -1, NULL);
        g_assert_false(packages_check(bad, &error));
        g_assert_error(error, AGENT_ERROR, API_ERROR_BAD_REQUEST);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/packages/spelling", test_spelling);
        g_test_add_func("/packages/likeness", test_likeness);
        g_test_add_func("/packages/modules", test_modules);
        g_test_add_func("/packages/source", test_source);
        g_test_add_func("/packages/manifest", test_manifest);
        return g_test_run();
}
