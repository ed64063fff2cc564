/* How alike two short texts are in what they are about, by their words: for finding tools and skills by their one line. Pure. */
#pragma once

#include <glib.h>

#define MEANING_TEXT_MAX 4000 /* characters of a text that are looked at */

/* Between 0 (nothing in common) and 1. Words are compared by their parts, so that "timer" and "timers" are alike; those in small (folded
 * words that say nothing: "the", "for"; may be NULL) do not count. */
double meaning_likeness(const char *a, const char *b, const char *const *small);
