/* The question sheet: bottom left, outside any app's window, never taking the focus. Clicks in its first QUESTION_DEAF_MS are for whatever
 * was there before; so is a key, where the sheet has just taken another question's place. */
#pragma once

#include <gtk/gtk.h>

#include "shell/ui/model.h"

#define QUESTION_DEAF_MS 500

typedef struct QuestionSheet QuestionSheet;

typedef struct {
        void (*answered)(const char *question, const char *answer, gpointer user_data);
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
/* Shows the question; waiting is how many more stand behind it. NULL hides the sheet. The same question again only tells how many wait. */
void question_sheet_show(QuestionSheet *sheet, const Question *question, const char *glyph, guint waiting);
/* The person pressed the key for answer n, from 1. */
void question_sheet_key(QuestionSheet *sheet, int n);
/* The bottom left corner of the free screen, in pixels. */
void question_sheet_place(QuestionSheet *sheet, int x, int bottom);
/* What a button says for one of the agent's answers. */
const char *question_answer_label(const char *capability, const char *answer);
