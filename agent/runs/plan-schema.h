/* The plan's JSON Schema as a model's provider wants it: one document, whose references stay inside of it, without bounds (which are
 * checked here anyway, and of which constrained decoders make very large grammars). Made from protocols/ at the first call; a static
 * string. */
#pragma once

const char *plan_schema(void);
/* Likewise that of what is learnt of a run. */
const char *learn_schema(void);
