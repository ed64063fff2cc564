/* The scanner makes the same of a stream as json-c. The first byte of the input chooses a dialect that is scanned, the second how the rest
 * is cut. */
#include <stdlib.h>
#include <stdint.h>

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const WireDialect scanned[] = { WIRE_OPENAI, WIRE_GROQ, WIRE_DIFFUSING };
        g_autofree char *one = NULL, *other = NULL;
        WireDialect dialect;

        if (size < 2)
                return 0;
        dialect = scanned[data[0] % G_N_ELEMENTS(scanned)];
        one = fuzz_tell(dialect, TRUE, (const char *)data + 2, size - 2, data[1] & 1 ? 1 + data[1] * 2654435761u : 0);
        other = fuzz_tell(dialect, FALSE, (const char *)data + 2, size - 2, 0);
        fuzz_same(one, other);
        return 0;
}
