/* A plain answer: what was asked, and what came of it, on a sheet that Escape, Enter or a click puts away. */
#pragma once

#include <gtk/gtk.h>

typedef struct AnswerSheet AnswerSheet;

AnswerSheet *answer_sheet_new(void);
void answer_sheet_free(AnswerSheet *sheet);
GtkWidget *answer_sheet_window(AnswerSheet *sheet);
/* What it shows; FALSE where it is put away. Borrowed until the next answer. */
gboolean answer_sheet_says(AnswerSheet *sheet, const char **asked, const char **answer, const char **made);
/* Shows it, in place of an earlier one. asked may be "", and so may made, how it came about ("recording · by hand"). */
void answer_sheet_show(AnswerSheet *sheet, const char *asked, const char *answer, const char *made);
