/* What variants.c (writing and checking) and variants-choice.c (what becomes of them) share. */
#pragma once

#include "agent/runs/variants.h"

typedef enum {
        VARIANT_WRITING,
        VARIANT_WRITTEN,  /* waits for its check */
        VARIANT_CHECKING,
        VARIANT_CHECKED,
        VARIANT_FAILED,   /* nothing came that could be shown, or nobody checked it */
} VariantState;

typedef struct {
        Run *run;
        guint number;     /* of its draft RUN.number, and of its call WRITE/number unless it repairs */
        gboolean repairs; /* it is the run's page, repaired */
        guint attempts;   /* answers to that which could not be used */
        char *brief;
        VariantState state;
        char *error;      /* of one that failed */
        Draft *draft;     /* NULL before the document begins */
        PageStrip *strip;
        GString *text;
        char *page;       /* once it is whole */
        json_object *faults, *posted;
        Evidence *evidence;
        guint says, agreement; /* of the quotes, and with the others: see agreement.h */
        guint kept;       /* answers of the version before that are as they were, where that was not called wrong */
        guint asked;      /* times its check was asked for */
        gboolean fetched;
        guint timer, look; /* look: it is being looked at without being opened */
} Variant;

struct Variants {
        VariantsPurpose purpose;
        guint count;      /* as was asked for, before admission had its say */
        guint first;      /* the number of the first call of this round: its key in the record */
        guint repair;     /* the number of the last call REPAIR that was made in this round */
        guint like;       /* the number of the draft that the others shall be like; 0: none */
        GPtrArray *all;   /* Variant */
        GError *fatal;    /* the last failure that would end a run */
        gboolean choosing;
        guint choice_timer;
};

/* variants.c */
/* Starts a round, or the same one anew with other requirements. */
gboolean variants_round(Run *run, guint count, VariantsPurpose purpose, guint like, gboolean anew);
/* A draft that the record holds whole, checked; NULL. */
Variant *variant_recall(Run *run, guint number, const char *brief);
void variant_free(Variant *variant);
/* The one of this round with a draft of this name; NULL. */
Variant *variant_find(Run *run, const char *draft);
char *variant_name(Run *run, guint number);
void variants_tell(Run *run, const char *state, const char *kept);

/* variants-choice.c */
/* Nothing is being written or checked any more. */
void variants_all_done(Run *run);
/* One more has been checked. TRUE if that ends the round. */
gboolean variants_enough(Run *run, Variant *variant);
/* What was chosen before a restart. FALSE: nothing. */
gboolean variants_resume(Run *run);
/* The checked ones, best first, those of one group in the order of their numbers. Free with g_ptr_array_unref(). */
GPtrArray *variants_ranked(Run *run);
