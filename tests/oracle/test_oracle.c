/* SPDX-License-Identifier: Apache-2.0 */
/* The rollup against the oracle on generated histories, cell by cell and field by field; and the worked
 * examples against the oracle alone, so that it is not merely wrong in the same way.
 *
 * KADR_TEST_FULL=1 runs more and longer ones (about 100 observations each, not 50); KADR_SEED=n the one
 * history of that seed, as long as KADR_TEST_FULL says. Then one long history: 2 000 observations at 10
 * prefixes, or with KADR_TEST_FULL 100 000 at 100. KADR_TEST_QUICK=1 stops at the first one that fails
 * and does not cut it down.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "domain/rollup_world.h"

#include "domain/rollup_reference.h"
#include "history.h"
#include "oracle/oracle.h"

/* ---- generated histories ---------------------------------------------------------------------------------
 */

static bool is_set(const char *name)
{
    const char *text = getenv(name);
    return text && strcmp(text, "1") == 0;
}

static void tell(struct history *history, size_t observations)
{
    print_message("KADR_SEED=%llu with about %zu observations fails\n", (unsigned long long)history->seed,
                  observations);
    if (!is_set("KADR_TEST_QUICK")) {
        history_shrink(history);
        print_message("the records that matter:\n");
        history_print(history);
        (void)history_holds(history, 1, true); /* again, to tell what differs */
    }
}

static bool holds(struct kadr_reference *references[HISTORY_REFERENCES], uint64_t seed, size_t observations)
{
    struct history history = { .references = { references[0], references[1] } };
    history_generate(&history, seed, observations);
    bool ok = history_holds(&history, 5, false);
    if (!ok) {
        tell(&history, observations);
    }
    history_free(&history);
    return ok;
}

static void the_rollup_agrees_with_the_oracle(void **state)
{
    (void)state;
    const char *seed_text = getenv("KADR_SEED");
    bool is_full = is_set("KADR_TEST_FULL");
    uint64_t first = seed_text ? strtoull(seed_text, NULL, 10) : 1;
    uint64_t count = seed_text ? 1 : is_full ? 1000 : 300;
    size_t wrong = 0, enough = is_set("KADR_TEST_QUICK") ? 1 : 3;
    struct kadr_reference *references[HISTORY_REFERENCES];
    history_load_references(references);
    for (uint64_t seed = first; seed < first + count && wrong < enough; seed++) {
        wrong += !holds(references, seed, is_full ? 100 : 50);
    }
    for (size_t i = 0; i < HISTORY_REFERENCES; i++) {
        kadr_reference_unref(references[i]);
    }
    assert_int_equal(wrong, 0);
}

/* Nothing wears out: one long history, compared from time to time. */
static void a_long_history_agrees_at_its_prefixes(void **state)
{
    (void)state;
    bool is_full = is_set("KADR_TEST_FULL");
    if (getenv("KADR_SEED") || is_set("KADR_TEST_QUICK")) {
        skip(); /* another history is asked for */
    }
    struct kadr_reference *references[HISTORY_REFERENCES];
    history_load_references(references);
    struct history history = { .references = { references[0], references[1] } };
    uint64_t seed = 4711;
    history_generate(&history, seed, is_full ? 100000 : 2000);
    size_t every = history.count / (is_full ? 100 : 10);
    print_message("seed %llu: %zu records, compared after every %zu\n", (unsigned long long)seed,
                  history.count, every);
    assert_true(history_holds(&history, every, true));
    history_free(&history);
    for (size_t i = 0; i < HISTORY_REFERENCES; i++) {
        kadr_reference_unref(references[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rollup_agrees_with_the_oracle),
        cmocka_unit_test(a_long_history_agrees_at_its_prefixes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
