/* Stacking: an order as asked for, from which layers and parents make the order that X gets. */
#pragma once

#include "wm.h"

void stack_add(Wm *wm, Client *c);
void stack_remove(Wm *wm, Client *c);
/* With all that belongs to it. */
void stack_raise(Wm *wm, Client *c);
void stack_lower(Wm *wm, Client *c);
void stack_below(Wm *wm, Client *c, Client *sibling);
/* A ConfigureRequest's or _NET_RESTACK_WINDOW's sibling and mode. */
void stack_request(Wm *wm, Client *c, const XConfigureRequestEvent *e);
/* Brings X to the order and publishes it. */
void stack_apply(Wm *wm);
