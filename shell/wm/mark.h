/* What the UI says about windows, kept for those that may still come. */
#pragma once

#include "wm.h"

void mark_role(Wm *wm, Window window, WmRole role);
void mark_evidence(Wm *wm, Window window, const WmEvidence *evidence);
/* A window has come: gives it what was said about it before. */
void mark_apply(Wm *wm, Client *c);
