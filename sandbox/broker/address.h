/* Which addresses the broker connects to: those of the internet, none of this machine's, of its network's or of its cloud's. */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

/* FALSE for loopback, private, link-local, shared, multicast, reserved and documentation addresses, metadata services, IPv4 inside IPv6
 * (mapped, 6to4, Teredo; NAT64 counts as the address in it), anything that is neither IPv4 nor IPv6, and this machine's own addresses. */
bool address_is_public(const struct sockaddr *address, socklen_t size);
/* Likewise, without the look at this machine's own: the list alone. */
bool address_is_listed_public(const struct sockaddr *address, socklen_t size);
