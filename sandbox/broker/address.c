/* The check is on the address that a socket is about to be connected to, so there is nothing between the check and the connection that a
 * name server could use. IPv6 is a list of what is allowed (2000::/3 less some), IPv4 of what is not (IANA's special-purpose registry). */
#include "address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

typedef struct {
        uint32_t network;
        unsigned bits;
} Range4;

typedef struct {
        uint8_t network[16];
        unsigned bits;
} Range6;

#define IP4(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

static const Range4 closed4[] = {
        {IP4(0, 0, 0, 0), 8},        {IP4(10, 0, 0, 0), 8},      {IP4(100, 64, 0, 0), 10},  {IP4(127, 0, 0, 0), 8},
        {IP4(169, 254, 0, 0), 16},   {IP4(172, 16, 0, 0), 12},   {IP4(192, 0, 0, 0), 24},   {IP4(192, 0, 2, 0), 24},
        {IP4(192, 88, 99, 0), 24},   {IP4(192, 168, 0, 0), 16},  {IP4(198, 18, 0, 0), 15},  {IP4(198, 51, 100, 0), 24},
        {IP4(203, 0, 113, 0), 24},   {IP4(224, 0, 0, 0), 4},     {IP4(240, 0, 0, 0), 4},
        {IP4(168, 63, 129, 16), 32}, /* a cloud's metadata, at a public address */
};

static const Range6 open6 = {{0x20}, 3};
static const Range6 nat64 = {{0x00, 0x64, 0xff, 0x9b}, 96};
static const Range6 closed6[] = {
        {{0x20, 0x01, 0x00, 0x00}, 23}, /* protocol assignments, Teredo among them */
        {{0x20, 0x01, 0x0d, 0xb8}, 32},
        {{0x20, 0x02}, 16},             /* 6to4 */
        {{0x3f, 0xff, 0x00}, 20},
};

static bool is_public4(uint32_t address)
{
        for (unsigned i = 0; i < sizeof closed4 / sizeof *closed4; i++)
                if ((address ^ closed4[i].network) >> (32 - closed4[i].bits) == 0)
                        return false;
        return true;
}

static bool is_in6(const uint8_t *address, const Range6 *range)
{
        unsigned whole = range->bits / 8, rest = range->bits % 8;

        return memcmp(address, range->network, whole) == 0 && (!rest || (address[whole] ^ range->network[whole]) >> (8 - rest) == 0);
}

static bool is_public6(const uint8_t *address)
{
        if (is_in6(address, &nat64))
                return is_public4(IP4(address[12], address[13], address[14], address[15]));
        if (!is_in6(address, &open6))
                return false;
        for (unsigned i = 0; i < sizeof closed6 / sizeof *closed6; i++)
                if (is_in6(address, &closed6[i]))
                        return false;
        return true;
}

bool address_is_listed_public(const struct sockaddr *address, socklen_t size)
{
        if (address->sa_family == AF_INET && size >= sizeof(struct sockaddr_in))
                return is_public4(ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr));
        if (address->sa_family == AF_INET6 && size >= sizeof(struct sockaddr_in6))
                return is_public6(((const struct sockaddr_in6 *)(const void *)address)->sin6_addr.s6_addr);
        return false;
}

static bool same(const struct sockaddr *a, const struct sockaddr *b)
{
        if (a->sa_family != b->sa_family)
                return false;
        if (a->sa_family == AF_INET)
                return ((const struct sockaddr_in *)(const void *)a)->sin_addr.s_addr ==
                       ((const struct sockaddr_in *)(const void *)b)->sin_addr.s_addr;
        return a->sa_family == AF_INET6 && memcmp(&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr,
                                                  &((const struct sockaddr_in6 *)(const void *)b)->sin6_addr, 16) == 0;
}

bool address_is_public(const struct sockaddr *address, socklen_t size)
{
        struct ifaddrs *own, *at;
        bool mine = false;

        if (!address_is_listed_public(address, size) || getifaddrs(&own) < 0)
                return false;
        for (at = own; at && !mine; at = at->ifa_next)
                mine = at->ifa_addr && same(at->ifa_addr, address);
        freeifaddrs(own);
        return !mine;
}
