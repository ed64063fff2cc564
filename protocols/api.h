/* The names and bounds of the agent's HTTP interface; prose in README.md. */
#pragma once

#define API_PREFIX "/api/v1"
#define API_RUNTIME_FOLDER "impromptu"  /* below $XDG_RUNTIME_DIR */
#define API_AGENT_SOCKET "agent.sock"
#define API_SESSION_SOCKET "session.sock"
#define API_ASIDE_SOCKET "aside.sock" /* takes datagrams: one action each */

/* Bounds, in bytes unless the name says otherwise. */
#define API_SENTENCE_MAX (64 * 1024 - 1) /* a person's sentence; 64 KiB is refused */
#define API_BODY_MAX (8 * 1024 * 1024)   /* a request's body */
#define API_TOOL_BODY_MAX (1024 * 1024)  /* arguments of a tool call */
#define API_TOOL_RESULT_MAX (4 * 1024 * 1024)   /* of JSON, unless the tool's manifest asks for more */
#define API_TOOL_RESULT_MOST (12 * 1024 * 1024) /* of JSON; what is larger is handed over as a file */
#define API_STORAGE_MAX (5 * 1024 * 1024)
#define API_DRAFT_MAX (2 * 1024 * 1024)  /* a page a model may write */
#define API_READER_BACKLOG_MAX (4 * 1024 * 1024)
#define API_JOURNAL_KEEP 4096            /* events that can be replayed */
#define API_TITLE_MAX 80                 /* characters */
#define API_PROGRESS_MS 50
#define API_REQUIREMENTS_MAX 24
#define API_STEPS_MAX 40                 /* a requirement */
#define API_TOOLS_MAX 8                  /* new tools in one run */
#define API_FINDINGS_MAX 64              /* in one evidence */
#define API_VARIANTS_MIN 2               /* drafts side by side */
#define API_VARIANTS_MAX 75
#define API_BUDGET_MAX 1000000           /* dollars a day */
#define API_CHOSEN_MAX 64                /* files that a person chooses or drops at once */

/* Error kinds: name, HTTP status. */
#define API_ERRORS(X)                      \
        X(BAD_REQUEST, "bad-request", 400) \
        X(TOO_LARGE, "too-large", 413)     \
        X(NOT_FOUND, "not-found", 404)     \
        X(BUSY, "busy", 503)               \
        X(CONFLICT, "conflict", 409)       \
        X(DENIED, "denied", 403)           \
        X(NO_MODEL, "no-model", 503)       \
        X(NO_SANDBOX, "no-sandbox", 503)   \
        X(NO_VIEW, "no-view", 503)         \
        X(REFUSED, "refused", 422)         \
        X(FAILED, "failed", 500)           \
        X(STORAGE, "storage", 507)

typedef enum {
#define X(id, name, status) API_ERROR_##id,
        API_ERRORS(X)
#undef X
        API_ERROR_COUNT
} ApiErrorKind;

/* Requests to the agent: id, method, path (ID and NAME stand for one segment), whether it takes a body (requests.schema.json). Files below
 * /app/ and virtual responses come beside these. */
#define API_REQUESTS(X)                                       \
        X(ASK, "POST", "/api/v1/ask", TRUE)                   \
        X(ROUTE, "POST", "/api/v1/route", TRUE)               \
        X(PAUSED, "POST", "/api/v1/paused", TRUE)             \
        X(UNPAUSED, "DELETE", "/api/v1/paused", FALSE)        \
        X(ALONE, "POST", "/api/v1/alone", TRUE)               \
        X(FIX, "POST", "/api/v1/apps/ID/fix", TRUE)           \
        X(APPS, "GET", "/api/v1/apps", FALSE)                 \
        X(APP, "GET", "/api/v1/apps/ID", FALSE)               \
        X(OPEN, "POST", "/api/v1/apps/ID/open", TRUE)         \
        X(SEEN, "POST", "/api/v1/apps/ID/seen", TRUE)         \
        X(UNDO, "POST", "/api/v1/apps/ID/undo", TRUE)         \
        X(REMOVE, "DELETE", "/api/v1/apps/ID", FALSE)         \
        X(APP_ASK, "POST", "/api/v1/apps/ID/ask", TRUE)       \
        X(CLOSED, "POST", "/api/v1/apps/ID/closed", TRUE)     \
        X(STORAGE, "GET", "/api/v1/apps/ID/storage", FALSE)   \
        X(STORE, "POST", "/api/v1/apps/ID/storage", TRUE)     \
        X(SAVE, "POST", "/api/v1/apps/ID/save", TRUE)         \
        X(CHOSEN, "POST", "/api/v1/apps/ID/chosen", TRUE)     \
        X(RUNS, "GET", "/api/v1/runs", FALSE)                 \
        X(RUN, "GET", "/api/v1/runs/ID", FALSE)               \
        X(RUN_EVENTS, "GET", "/api/v1/runs/ID/events", FALSE) \
        X(AMEND, "POST", "/api/v1/runs/ID/amend", TRUE)       \
        X(STOP, "DELETE", "/api/v1/runs/ID", FALSE)           \
        X(EVIDENCE, "POST", "/api/v1/runs/ID/evidence", TRUE) \
        X(MARKS, "POST", "/api/v1/runs/ID/marks", TRUE)       \
        X(KEEP, "POST", "/api/v1/runs/ID/keep", TRUE)         \
        X(TOOLS, "GET", "/api/v1/tools", FALSE)               \
        X(TOOL, "GET", "/api/v1/tools/NAME", FALSE)           \
        X(CALL, "POST", "/api/v1/tools/NAME", TRUE)           \
        X(TEST, "POST", "/api/v1/tools/NAME/test", TRUE)      \
        X(SKILLS, "GET", "/api/v1/skills", FALSE)             \
        X(SKILL, "GET", "/api/v1/skills/NAME", FALSE)         \
        X(EDIT_SKILL, "POST", "/api/v1/skills/NAME", TRUE)    \
        X(TRY_SKILL, "POST", "/api/v1/skills/NAME/try", TRUE) \
        X(KEEP_SKILL, "POST", "/api/v1/skills/NAME/keep", TRUE) \
        X(FORGET_SKILL, "DELETE", "/api/v1/skills/NAME", FALSE) \
        X(QUESTIONS, "GET", "/api/v1/questions", FALSE)       \
        X(ANSWER, "POST", "/api/v1/answers/ID", TRUE)         \
        X(GRANTS, "GET", "/api/v1/grants", FALSE)             \
        X(EXPIRE, "POST", "/api/v1/grants", TRUE)             \
        X(REVOKE, "DELETE", "/api/v1/grants/ID", FALSE)       \
        X(LANES, "GET", "/api/v1/lanes", FALSE)               \
        X(CHOOSE, "POST", "/api/v1/lanes", TRUE)              \
        X(KEYS, "GET", "/api/v1/keys", FALSE)                 \
        X(SET_KEY, "POST", "/api/v1/keys", TRUE)              \
        X(REMOVE_KEY, "DELETE", "/api/v1/keys/NAME", FALSE)   \
        X(USAGE, "GET", "/api/v1/usage", FALSE)               \
        X(BUDGET, "POST", "/api/v1/budget", TRUE)             \
        X(SUGGESTIONS, "GET", "/api/v1/suggestions", FALSE)   \
        X(EVENTS, "GET", "/api/v1/events", FALSE)

/* Requests to the session's socket. */
#define SESSION_REQUESTS(X)                      \
        X(LAUNCH, "POST", "/launch", TRUE)       \
        X(LOGOUT, "POST", "/logout", TRUE)       \
        X(RESTART, "POST", "/restart", TRUE)     \
        X(READY, "POST", "/ready", TRUE)         \
        X(DO, "POST", "/do", TRUE)               \
        X(KEY_ENTRY, "POST", "/key-entry", TRUE) \
        X(STATUS, "GET", "/status", FALSE)
