/* Questions to the person, and the grants that their answers leave behind. Key of a grant: (app, capability, resource). */
#pragma once

#include "agent/agent.h"

typedef enum {
        ANSWER_NO,
        ANSWER_ONCE,   /* this time */
        ANSWER_OPEN,   /* while the app is open */
        ANSWER_ALWAYS,
} Answer;

typedef void (*QuestionFunc)(Answer answer, gpointer user_data);

/* Grants are kept in folder/grants.json (mode 0600). */
Questions *questions_new(const char *folder, Journal *journal, GError **error);
/* Accepts NULL. Nobody who still waits is called. */
void questions_free(Questions *questions);

/* Asks for one capability ("list", "read", "write", "system", "net", "run", "save") of one resource (a canonical path, a fact's name, a
 * server in its one spelling, a program's or a file's name) for an app. A grant that holds answers at once (still asynchronously, from the
 * main loop). Equal questions that wait already are asked once. quote is the person's own sentence that led here; reason is the tool's own
 * word, quoted and stripped; of a file to be saved it is its size, in our words. The words of the sentence are the agent's. A "no" is
 * remembered until the app is closed, so that nobody is asked again and again; of "save", where the resource is a file name, nothing is.
 * Returns the question's id, borrowed until it is settled; NULL where a grant or an earlier "no" answers. func may be NULL; it is called
 * exactly once, with ANSWER_NO when the question is withdrawn, but not after cancellable was cancelled. Where nobody is left who waits,
 * the question is withdrawn. */
const char *questions_ask(Questions *questions, const char *app, const char *title, const char *capability, const char *resource,
                          const char *quote, const char *reason, GCancellable *cancellable, QuestionFunc func, gpointer user_data);

/* Tells that the app is going to ask for capability, before it asks for anything: where it wants files and the network at once, both
 * questions then say that it can send out what it reads. (What it asks for, or was granted, is known without.) */
void questions_intend(Questions *questions, const char *app, const char *capability);

/* The person's answer, "once", "open", "always" or "no". FALSE and AGENT_ERROR if no such question waits or the answer is none of its
 * answers. */
gboolean questions_answer(Questions *questions, const char *id, const char *answer, GError **error);

/* TRUE if a grant holds now. */
gboolean questions_granted(Questions *questions, const char *app, const char *capability, const char *resource);

/* Ends grants of the kind "while open" and remembered refusals, and withdraws what the app still asks. */
void questions_app_closed(Questions *questions, const char *app);

/* Ends a grant, or a remembered refusal. */
gboolean questions_revoke(Questions *questions, const char *id, GError **error);

/* TRUE if the person said no to this while the app was open. */
gboolean questions_refused(Questions *questions, const char *app, const char *capability, const char *resource);

/* The question as a person reads it, and what a yes does not allow; both fit to be shown. Free with g_free(). */
void questions_words(const char *capability, const char *resource, char **sentence, char **detail);

/* New references, for the API: the questions as their events' data; {id, app, title, capability, resource, answer, sentence, time}. */
json_object *questions_waiting(Questions *questions);
json_object *questions_grants(Questions *questions);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Questions, questions_free)
