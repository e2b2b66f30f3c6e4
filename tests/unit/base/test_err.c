/* SPDX-License-Identifier: Apache-2.0 */
/* Every code of err.h has a text of its own. The codes are read from the header, so that a new one without a
 * text fails here.
 */
#include "base/err.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void every_code_of_the_header_has_its_text(void **state)
{
    (void)state;
    FILE *header = fopen("lib/base/err.h", "r");
    assert_non_null(header);
    const char *seen[64];
    int count = 0, code;
    char line[256], name[64];
    while (fgets(line, sizeof line, header)) {
        if (sscanf(line, " KADR_%63[A-Z] = %d", name, &code) != 2 || code > 0 || name[0] == '_') {
            continue;
        }
        const char *text = kadr_strerror(code);
        assert_string_not_equal(text, "unknown error");
        for (int i = 0; i < count; i++) {
            assert_string_not_equal(text, seen[i]);
        }
        assert_true(count < 64);
        seen[count++] = text;
    }
    (void)fclose(header); /* only read */
    assert_int_equal(count, 1 - KADR_ECANCELED);
}

static void anything_else_is_unknown(void **state)
{
    (void)state;
    const int strange[] = { 1, INT_MAX, INT_MIN, KADR_ECANCELED - 1, -1000 };
    for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++) {
        assert_string_equal(kadr_strerror(strange[i]), "unknown error");
    }
    assert_string_equal(kadr_strerror(KADR_ENOENT), "not found");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_of_the_header_has_its_text),
        cmocka_unit_test(anything_else_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
