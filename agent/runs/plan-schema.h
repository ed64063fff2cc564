/* The plan's JSON Schema as a model's provider wants it: one piece, without references and without bounds (which are checked here anyway, and of which
 * constrained decoders make very large grammars). Made from protocols/ at the first call; a static string. */
#pragma once

const char *plan_schema(void);
