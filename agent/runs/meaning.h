/* How alike two short texts are in what they are about, by their words: for finding tools and skills by their one line. Pure. */
#pragma once

#include <glib.h>

#define MEANING_TEXT_MAX 4000 /* characters of a text that are looked at */

typedef struct Meaning Meaning;

/* What a text is about, to be compared with many. Free with meaning_free(). */
Meaning *meaning_new(const char *text, const char *const *small);
void meaning_free(Meaning *meaning);
double meaning_compare(const Meaning *a, const Meaning *b);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Meaning, meaning_free)

/* Between 0 (nothing in common) and 1. Words are compared by their parts, so that "timer" and "timers" are alike; those in small (folded
 * words that say nothing: "the", "for"; may be NULL) do not count. */
double meaning_likeness(const char *a, const char *b, const char *const *small);
