/* The question sheet: bottom left, outside any app's window, never taking the focus. What one app asks at a start is one sheet and one
 * answer, unless the person takes it one by one. Clicks and keys in the first QUESTION_DEAF_MS after anything on it has changed are for
 * whatever was there before; no answer is preselected. */
#pragma once

#include <gtk/gtk.h>

#include "shell/ui/model.h"

#define QUESTION_DEAF_MS 500
#define QUESTION_BATCH_MAX 5 /* questions on one sheet */

typedef struct QuestionSheet QuestionSheet;

typedef struct {
        /* Once for each question on the sheet. */
        void (*answered)(const char *question, const char *answer, gpointer user_data);
        /* A smaller folder is wanted. */
        void (*choose)(const char *question, gpointer user_data);
        /* They are taken one by one: it wants to be shown again. */
        void (*split)(gpointer user_data);
        /* How many answer keys mean something now; 0 for none. */
        void (*keys)(int n, gpointer user_data);
        /* What is held with the number: "Super", or "Ctrl+Alt" in a host that keeps that. */
        const char *modifier;
        /* µs; NULL for the real clock. */
        gint64 (*now)(gpointer user_data);
} QuestionHandler;

QuestionSheet *question_sheet_new(const QuestionHandler *handler, gpointer user_data);
void question_sheet_free(QuestionSheet *sheet);
GtkWidget *question_sheet_window(QuestionSheet *sheet);
/* Shows the first of the questions (of Question) that wait, and what its app asks besides; glyph is that app's. None hides the sheet. What
 * shows stays while it waits: what comes more than QUESTION_DEAF_MS later stands behind it, and only tells how many wait. */
void question_sheet_show(QuestionSheet *sheet, const GPtrArray *questions, const char *glyph);
/* The question that shows first; NULL if none. */
const char *question_sheet_first(QuestionSheet *sheet);
/* The person pressed the key for answer n, from 1. */
void question_sheet_key(QuestionSheet *sheet, int n);
/* The bottom left corner of the free screen, in pixels. */
void question_sheet_place(QuestionSheet *sheet, int x, int bottom);
/* What a button says for one of the agent's answers. */
const char *question_answer_label(const char *capability, const char *answer);
