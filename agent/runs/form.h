/* Forms: a person's sentence that names fields and at most one button, and keeps, moves or draws nothing. Their page is made by a program,
 * and the model writes only the function behind it: a small model writes a function far better than a page. Pure. */
#pragma once

#include "agent/runs/names.h"

#define FORM_TEMPLATE "runtime/form.html"

typedef enum { FORM_NUMBER, FORM_TEXT, FORM_DATE } FormKind;

typedef struct {
        char *label;     /* as the person wrote it */
        char *parameter; /* of the function: a JavaScript name */
        FormKind kind;
} FormField;

typedef struct {
        GPtrArray *fields; /* FormField, at least one */
        char *button;      /* NULL: it answers while one types */
        char *heading;     /* that the answer stands under; NULL */
        gboolean comma;    /* figures are shown with a decimal comma */
} Form;

/* NULL if the sentence is none, or rules is NULL. */
Form *form_of_sentence(const RouteRules *rules, const char *sentence);
/* Accepts NULL. */
void form_free(Form *form);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Form, form_free)

/* Its parameters, a line of a JSDoc comment each; and their names, with commas between. Free with g_free(). */
char *form_comment(const Form *form);
char *form_parameters(const Form *form);

/* Fills the page's template, the text of FORM_TEMPLATE; head and tail become what stands before and behind the function. AGENT_ERROR (FAILED) if the template has no
 * place for it. Free both with g_free(). */
gboolean form_page(const Form *form, const char *template, const char *title, const char *language, char **head, char **tail, GError **error);
/* The function in a page that begins with head and ends with tail; NULL if this is another page. Free with g_free(). */
char *form_function(const char *page, const char *head, const char *tail);
