/* Verifies how names, URLs and addresses are read: that there is one spelling of a granted server, that whatever readers of URLs disagree
 * about is refused, and that no address but the internet's passes. */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <glib.h>
#include <netinet/in.h>
#include <string.h>

#include "broker/address.h"
#include "broker/url.h"
#include "sandbox/hosts.h"

#define ROUNDS 200000

/* Bytes that are no UTF-8 would break the test's own output. */
static void say(const char *text)
{
        g_autofree char *plain = g_strescape(text, NULL);

        g_test_message("%s", plain);
}

static void test_names(void)
{
        static const char *const same[][2] = {
                {"api.weather.gov", "api.weather.gov"}, {"API.Weather.GOV", "api.weather.gov"}, {"api.weather.gov.", "api.weather.gov"},
                {"api.weather.gov:443", "api.weather.gov"}, {"api.weather.gov.:8443", "api.weather.gov:8443"},
                {"any API.weather.gov", "any api.weather.gov"}, {"b\xc3\xbc" "cher.example", "xn--bcher-kva.example"},
                {"XN--BCHER-KVA.example", "xn--bcher-kva.example"}, {"xn--bcher-kva.example", "xn--bcher-kva.example"},
                {"api\xe3\x80\x82weather.gov", "api.weather.gov"}, {"\xef\xbd\x81pi.weather.gov", "api.weather.gov"},
                {"a-b.1c.example", "a-b.1c.example"}, {"any x.example:99", "any x.example:99"},
        };
        static const char *const none[] = {
                "", ".", "..", "a..b", ".a.b", "a.b..", "localhost", "localhost.", "foo.localhost", "intranet", "printer.local", "db.internal",
                "1.1.1.1", "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "a.0x7f", "1.2.3.4.", "example.1",
                "[::1]", "::1", "[::ffff:127.0.0.1]", "https://api.weather.gov", "api.weather.gov/", "api.weather.gov/x", "api.weather.gov:",
                "api.weather.gov:0", "api.weather.gov:65536", "api.weather.gov:080", "api.weather.gov:443:443", "api.weather.gov:-1",
                "user@api.weather.gov", "*.weather.gov", "*", "any", "any ", "ANY api.weather.gov", "any  api.weather.gov", " api.weather.gov",
                "api.weather.gov ", "api weather.gov", "api.weather.gov\n", "api.weather.gov?", "api.weather.gov#", "-a.example", "a-.example",
                "a_b.example", "a%2e.example", "api\\.weather.gov", "\xff.example", "xn--\xff.example",
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example",
        };
        const char *why = NULL;

        for (gsize i = 0; i < G_N_ELEMENTS(same); i++) {
                g_autofree char *host = hosts_canonical(same[i][0], &why);

                g_assert_cmpstr(host, ==, same[i][1]);
        }
        for (gsize i = 0; i < G_N_ELEMENTS(none); i++) {
                g_autofree char *host = hosts_canonical(none[i], &why);

                say(none[i]);
                g_assert_null(host);
                g_assert_nonnull(why);
        }
}

static void test_urls(void)
{
        static const char *const read[][2] = {
                {"https://api.weather.gov", "https://api.weather.gov/"}, {"HTTPS://API.weather.gov./a?b=c#d", "https://api.weather.gov/a?b=c"},
                {"https://api.weather.gov?q=1", "https://api.weather.gov/?q=1"}, {"https://api.weather.gov#x", "https://api.weather.gov/"},
                {"https://api.weather.gov:443/x@y", "https://api.weather.gov/x@y"}, {"https://a.example:8443/", "https://a.example:8443/"},
                {"https://a.example/http://b.example/", "https://a.example/http://b.example/"},
        };
        static const char *const refused[] = {
                "http://a.example/", "ftp://a.example/", "file:///etc/passwd", "gopher://a.example/", "data:,x", "javascript:x", "//a.example/",
                "a.example", "https:a.example", "https:/a.example", "https:///a.example", "https:\\\\a.example", " https://a.example/",
                "https://u@a.example/", "https://u:p@a.example/", "https://@a.example/", "https://:@a.example/", "https://a.example@b.example/",
                "https://a.example:443@b.example/", "https://a.example\\@b.example/", "https://b.example\\.a.example/", "https://a.example\\/",
                "https://a.example%2f@b.example/", "https://a.example%00.b.example/", "https://a%2eexample/", "https://a.example:/",
                "https://a.example:0/", "https://a.example:99999/", "https://a.example:80:80/", "https://a.example:+443/", "https://a.example: 443/",
                "https://127.0.0.1/", "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://127.1/", "https://[::1]/",
                "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://1.1.1.1/", "https://1.1.1.1./", "https://localhost/",
                "https://\xe2\x91\xa0.example\t/", "https://a.example/\n", "https://a.example/ x", "https://a.example/\r\nHost: b", "https://a.example/\x7f",
                "https://a.example/\xc3\xbc", "https://a.example/{x}", "https://a.example/|", "https://a.example/\"", "https://", "https://?", "https://#a.example",
                "https://a.example;b.example/", "https://a.example,b.example/", "https://a!b.example/", "",
        };
        const char *why = NULL;
        Url url;

        for (gsize i = 0; i < G_N_ELEMENTS(read); i++) {
                say(read[i][0]);
                g_assert_true(url_parse(read[i][0], strlen(read[i][0]), &url, &why));
                g_assert_cmpstr(url.text, ==, read[i][1]);
                url_clear(&url);
        }
        for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
                say(refused[i]);
                g_assert_false(url_parse(refused[i], strlen(refused[i]), &url, &why));
                g_assert_null(url.text);
        }
        g_assert_false(url_parse("https://a.example/\0x", 20, &url, &why));
        g_assert_false(url_parse("https://a.example\0.b.example/", 29, &url, &why));
}

/* What is accepted, libcurl reads the same way: the host that was checked is the host that it connects to. */
static void test_url_readers_agree(void)
{
        static const char *const parts[] = {"https://", "a.example", "b.example", "@", "#", "\\", "/", "?", ":", "443", "80", "%2f", "%40", "..", ".", "127.0.0.1",
                                            "[::1]", "xn--", "\t", " ", "\xc3\xbc", "HTTPS://", "//", "&", ";", "-", "0x7f", "user"};
        g_autoptr(GRand) chance = g_rand_new_with_seed(7);
        guint accepted = 0;

        for (guint i = 0; i < ROUNDS; i++) {
                g_autoptr(GString) text = g_string_new(g_rand_int_range(chance, 0, 8) ? "https://a.example" : "");
                const char *why;
                char *host = NULL, *scheme = NULL, *port = NULL, *user = NULL;
                CURLU *other;
                Url url;

                for (gint n = g_rand_int_range(chance, 0, 6); n > 0; n--)
                        g_string_append(text, parts[g_rand_int_range(chance, 0, G_N_ELEMENTS(parts))]);
                if (!url_parse(text->str, text->len, &url, &why))
                        continue;
                accepted++;
                other = curl_url();
                g_assert_cmpint(curl_url_set(other, CURLUPART_URL, url.text, 0), ==, CURLUE_OK);
                curl_url_get(other, CURLUPART_HOST, &host, 0);
                curl_url_get(other, CURLUPART_SCHEME, &scheme, 0);
                curl_url_get(other, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT);
                curl_url_get(other, CURLUPART_USER, &user, 0);
                g_assert_cmpstr(host, ==, url.host.name);
                g_assert_cmpstr(scheme, ==, "https");
                g_assert_cmpint(atoi(port), ==, url.host.port);
                g_assert_null(user);
                curl_free(host);
                curl_free(scheme);
                curl_free(port);
                curl_url_cleanup(other);
                url_clear(&url);
        }
        g_assert_cmpuint(accepted, >, ROUNDS / 100);
}

static bool is_public(const char *text)
{
        struct sockaddr_in in = {.sin_family = AF_INET};
        struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

        if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
                return address_is_listed_public((struct sockaddr *)&in, sizeof in);
        g_assert_cmpint(inet_pton(AF_INET6, text, &in6.sin6_addr), ==, 1);
        return address_is_listed_public((struct sockaddr *)&in6, sizeof in6);
}

static void test_addresses(void)
{
        static const char *const closed[] = {
                "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255", "127.0.0.1", "127.255.255.254",
                "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.255",
                "198.51.100.1", "203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16",
                "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "::8.8.8.8", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1",
                "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::808:808", "100::1", "2001::1", "2001:10::1", "2001:db8::1", "2002:7f00:1::1", "3fff::1", "4000::1",
        };
        static const char *const open[] = {"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
                                           "169.253.1.1", "172.15.255.255", "172.32.0.0", "192.167.0.1", "192.169.0.1", "223.255.255.255", "168.63.129.15",
                                           "2606:4700::1111", "2a00:1450::1", "2001:4860::8888", "64:ff9b::808:808"};
        const struct sockaddr local = {.sa_family = AF_UNIX};
        struct sockaddr_in loop = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};

        for (gsize i = 0; i < G_N_ELEMENTS(closed); i++) {
                say(closed[i]);
                g_assert_false(is_public(closed[i]));
        }
        for (gsize i = 0; i < G_N_ELEMENTS(open); i++) {
                say(open[i]);
                g_assert_true(is_public(open[i]));
        }
        g_assert_false(address_is_listed_public(&local, sizeof local));
        g_assert_false(address_is_public((struct sockaddr *)&loop, sizeof loop));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/hosts/names", test_names);
        g_test_add_func("/hosts/urls", test_urls);
        g_test_add_func("/hosts/readers-agree", test_url_readers_agree);
        g_test_add_func("/hosts/addresses", test_addresses);
        return g_test_run();
}
