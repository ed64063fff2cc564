/* Forms: a person's sentence that names all its fields and buttons, and shows nothing but lines of text. Their page is made by a program, and
 * the model writes only the code behind it: a small model writes a function far better than a page. Two kinds: what is filled in is answered
 * (one function, answer), or buttons change what is kept (a state, press and show). Pure. */
#pragma once

#include "agent/runs/names.h"

#define FORM_TEMPLATE "runtime/form.html"
#define FORM_BUTTONS_MAX 6 /* more are a board, with something to show on each */

typedef enum { FORM_NUMBER, FORM_TEXT, FORM_LINES, FORM_DATE } FormKind;

typedef struct {
        char *label;     /* as the person wrote it */
        char *parameter; /* of the function: a JavaScript name */
        FormKind kind;
} FormField;

typedef struct {
        GPtrArray *fields;  /* FormField; at least one where nothing is kept */
        GPtrArray *buttons; /* of char, as the person wrote them; none: it answers while one types */
        gboolean keeps;     /* its buttons change a state; at least one button then */
        gboolean gathers;   /* and what is filled in is a part of it: a text, unless it is called a figure */
        char *heading;     /* that the answer stands under; NULL */
        gboolean comma;    /* figures are shown with a decimal comma */
} Form;

/* NULL if the sentence is none, or rules is NULL. */
Form *form_of_sentence(const RouteRules *rules, const char *sentence);
/* Accepts NULL. */
void form_free(Form *form);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Form, form_free)

/* What the fields give, a line of a JSDoc comment each; and the names of the parameters of answer or press, with commas between. Free with
 * g_free(). */
char *form_comment(const Form *form);
char *form_parameters(const Form *form);

/* Of what keeps something: a branch of press for each button, as the model finds it. Free with g_free(). */
char *form_branches(const Form *form);

/* Fills the page's template, the text of FORM_TEMPLATE; head and tail become what stands before and behind the function. AGENT_ERROR (FAILED) if the template has no
 * place for it. Free both with g_free(). */
gboolean form_page(const Form *form, const char *template, const char *title, const char *language, char **head, char **tail, GError **error);
/* The code in a page that begins with head and ends with tail; NULL if this is another page. Free with g_free(). */
char *form_function(const char *page, const char *head, const char *tail);
