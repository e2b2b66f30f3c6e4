/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a value, a period and a day: what is understood is in range and reads the same when printed. */
#include <string.h>

#include "domain/period.h"
#include "domain/value.h"
#include "fuzz.h"

static void check_value(const char *text, int64_t scale)
{
    struct kadr_value value, again;
    if (kadr_value_parse(text, scale, &value) != KADR_VALUE_FINE) {
        return;
    }
    if (value.kind == KADR_VALUE_INTERVAL) {
        KADR_ASSERT(value.lo >= -KADR_MAX_ABS_VALUE && value.lo <= KADR_MAX_ABS_VALUE);
        KADR_ASSERT(value.hi_open || (value.hi >= value.lo && value.hi <= KADR_MAX_ABS_VALUE));
    }
    char printed[KADR_VALUE_TEXT_BYTES];
    KADR_ASSERT(kadr_value_parse(kadr_value_format(&value, scale, printed), scale, &again) ==
                KADR_VALUE_FINE);
    KADR_ASSERT(kadr_value_equal(&value, &again));
}

static void check_period(const char *text)
{
    struct kadr_period period, again;
    if (kadr_period_parse(text, &period) != 0) {
        return;
    }
    KADR_ASSERT(period.first >= KADR_DAY_MIN && period.first <= period.last && period.last <= KADR_DAY_MAX);
    char printed[KADR_PERIOD_TEXT_BYTES];
    KADR_ASSERT(kadr_period_parse(kadr_period_format(period, printed), &again) == 0);
    KADR_ASSERT(kadr_period_equal(period, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    KADR_ASSERT(text != NULL);
    if (size > 0) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    check_value(text, 1);
    check_value(text, 100);
    check_period(text);
    free(text);
    return 0;
}
