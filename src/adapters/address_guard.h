#pragma once
/* address_guard — may an outbound request connect to this address?
 *
 * Asked with the address that is really connected to, never with a name: a name can resolve
 * differently a moment later. Public means globally routable unicast; everything that leads into
 * this machine or its networks is not: loopback, private, link-local (with it the cloud metadata
 * services), carrier-grade NAT, unique local, multicast, documentation and reserved ranges, and
 * IPv6 forms that carry such an IPv4 address (mapped, NAT64, ISATAP; 6to4 and Teredo as a whole).
 * Layer: adapters. Pure, any thread. */
#include <stdbool.h>

struct sockaddr;

/* False for every family but IPv4 and IPv6. */
bool address_is_public(const struct sockaddr *);
/* The numeric text form; false for anything else, names included. */
bool address_text_is_public(const char *text);
