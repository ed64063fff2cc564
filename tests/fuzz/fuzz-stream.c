/* However a stream is cut, the answer is the same, and its text is UTF-8. The first byte of the input chooses the dialect, the second how
 * the rest is cut. */
#include <stdlib.h>
#include <stdint.h>

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autofree char *whole = NULL, *pieces = NULL;
        WireDialect dialect;

        if (size < 2)
                return 0;
        dialect = data[0] % WIRE_DIALECT_COUNT;
        whole = fuzz_tell(dialect, TRUE, (const char *)data + 2, size - 2, 0);
        pieces = fuzz_tell(dialect, TRUE, (const char *)data + 2, size - 2, 1 + data[1] * 2654435761u);
        fuzz_same(whole, pieces);
        return 0;
}
