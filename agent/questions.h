/* Questions to the person, in the agent's own words. What their answers leave behind: grants.h. */
#pragma once

#include "agent/agent.h"
#include "agent/grants.h"

/* resource is what the answer is about: what was asked for, or a smaller place that the person chose instead. */
typedef void (*QuestionFunc)(Answer answer, const char *resource, gpointer user_data);

/* grants must outlive it. */
Questions *questions_new(Grants *grants, Journal *journal);
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

/* TRUE if the app may look at things on this computer, or was about to. */
gboolean questions_reads(Questions *questions, const char *app);

/* The person's answer, "once", "open", "always" or "no". FALSE and AGENT_ERROR if no such question waits or the answer is none of its
 * answers. */
gboolean questions_answer(Questions *questions, const char *id, const char *answer, GError **error);

/* The same with a smaller place that the person chose instead, which must lie within what was asked for and passes the same checks:
 * BAD_REQUEST, NOT_FOUND or DENIED otherwise, and the question still waits. */
gboolean questions_answer_within(Questions *questions, const Agent *agent, const char *id, const char *answer, const char *place,
                                 GError **error);

/* Ends grants of the kind "while open" and remembered refusals, and withdraws what the app still asks. */
void questions_app_closed(Questions *questions, const char *app);

/* The question as a person reads it, and what a yes does not allow; both fit to be shown. Free with g_free(). */
void questions_words(const char *capability, const char *resource, char **sentence, char **detail);

/* "read your folder “Pictures”": what stands after "It may". Free with g_free(). */
char *questions_phrase(const char *capability, const char *resource);

/* New references, for the API: the questions as their events' data; grant_to_json() with `sentence` and `phrase`, and grants_log() with
 * `phrase`, of app or (NULL) of all. */
json_object *questions_waiting(Questions *questions);
json_object *questions_grants(Questions *questions, const char *app);
json_object *questions_log(Questions *questions, const char *app);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Questions, questions_free)
