/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing wears out: the rollup against the oracle in one long history, after every hundredth part of it.
 *
 * 5 000 observations at 50 prefixes, earlier days at every tenth of these; KADR_TEST_FULL=1: 100 000 at 100,
 * earlier days at every fifth. KADR_TEST_SEED=n: that seed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "history.h"

static void a_long_history_agrees_at_its_prefixes(void **state)
{
    (void)state;
    const char *full = getenv("KADR_TEST_FULL"), *seed = getenv("KADR_TEST_SEED");
    bool is_full = full && strcmp(full, "1") == 0;
    size_t prefixes = is_full ? 100 : 50;
    struct kadr_reference *references[HISTORY_REFERENCES];
    history_load_references(references);
    struct history history = { .references = { references[0], references[1] } };
    history_generate(&history, seed ? strtoull(seed, NULL, 10) : 4711, is_full ? 100000 : 5000);
    const struct history_check check = { .every = history.count / prefixes,
                                         .earlier = is_full ? 5 : 10,
                                         .loud = true };
    print_message("seed %llu: %zu records, compared after every %zu\n", (unsigned long long)history.seed,
                  history.count, check.every);
    assert_true(history_holds(&history, &check));
    history_free(&history);
    for (size_t i = 0; i < HISTORY_REFERENCES; i++) {
        kadr_reference_unref(references[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_history_agrees_at_its_prefixes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
