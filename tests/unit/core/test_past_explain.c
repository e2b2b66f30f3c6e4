/* SPDX-License-Identifier: Apache-2.0 */
/* Where a figure comes from, over a small journal: the reports behind it, before and after a correction,
 * under a unit's old code, and every refusal. What a tree looks like: unit/domain/test_explain.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/past.h"
#include "history_rig.h"

struct fixture {
    struct journal *journal;
    struct kadr_kvstore kv;
    struct kadr_arena *arena;
    struct kadr_past_answer answer;
};

#define RENAMED                                                                                   \
    "KZ-36,region,KZ,1900-01-01,,,KZ-35 KZ-KAR,Karaganda,Караганда,Қарағанды\n" \
    "KZ-62,region,KZ,1900-01-01,,,,Ulytau,Улытау,Ұлытау\n"

static void say(struct journal *journal, const char *unit, const char *day, int64_t figure)
{
    struct kadr_observation obs = figure_of(unit, "headcount", day, figure);
    journal_report(journal, unit, KADR_OUTCOME_COMMITTED, &obs, "0");
}

/* A refused figure and an accepted one, with a remark. */
static void say_two(struct journal *journal)
{
    struct kadr_observation obs[] = { figure_of("KZ-62", "headcount", "2024-01-01", 7),
                                      figure_of("KZ-62", "headcount", "2024-01-01", 10) };
    obs[1].note = "as counted";
    obs[1].stated = "10";
    obs[1].line = 4;
    obs[1].column = 6;
    obs[1].breakdown[0] = (struct kadr_member_pair){ "cadre", "doctor" };
    obs[1].breakdown_count = 1;
    journal_report(journal, "KZ-62", KADR_OUTCOME_COMMITTED, obs, "10");
}

/* 1 reference, 2 day, 3 a figure, 4 two of which one is refused, 5 a correction of 3, 6 KZ-35 becomes KZ-36.
 */
static void fill(struct journal *journal)
{
    journal_reference(journal, UNITS);
    journal_day(journal, "2024-02-01");
    say(journal, "KZ-KAR", "2024-01-01", 59);
    say_two(journal);
    say(journal, "KZ-35", "2024-01-01", 62);
    journal_reference(journal, RENAMED);
}

static int set_up(void **state)
{
    KADR_CLEANUP(kadr_history_free) struct kadr_history *history = NULL;
    struct fixture *fx = calloc(1, sizeof *fx);
    assert_non_null(fx);
    fx->journal = new_journal(0xa5);
    fill(fx->journal);
    assert_int_equal(kadr_arena_new(KADR_MAX_ARENA_BYTES, &fx->arena), 0);
    assert_int_equal(kadr_kvstore_mem_new(&fx->kv), 0);
    assert_int_equal(kadr_history_open(&fx->kv, &history, NULL), 0);
    assert_int_equal(apply(history, fx->journal, 1, fx->journal->head), 0);
    *state = fx;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fx = *state;
    kadr_past_answer_done(&fx->answer);
    fx->kv.close(fx->kv.self);
    kadr_arena_free(fx->arena);
    free_journal(fx->journal);
    free(fx);
    return 0;
}

static void ask(struct fixture *fx, const struct kadr_query_request *request)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf frame;
    kadr_buf_init(&frame, 0);
    kadr_encode_query_request(request, &frame);
    const struct kadr_past_question question = {
        .frame = { frame.data, frame.len },
        .now = { .lineage = fx->journal->lineage,
                 .commit = fx->journal->head,
                 .day = kadr_day_from_civil(2024, 2, 1) },
    };
    kadr_past_answer_done(&fx->answer);
    assert_int_equal(kadr_past_answer(&fx->kv, &question, &fx->answer), 0);
}

static struct kadr_query_reply reply_of(struct fixture *fx, size_t nth)
{
    struct kadr_query_reply reply;
    struct kadr_bytes frame;
    size_t cursor = 0;
    do {
        assert_true(kadr_past_next(&fx->answer, &cursor, &frame));
    } while (nth-- > 0);
    assert_int_equal(kadr_decode_query_reply(frame, fx->arena, &reply, NULL), 0);
    return reply;
}

static struct kadr_query_request about(const char *unit, uint64_t commit)
{
    struct kadr_query_request request = { .kind = KADR_QUERY_EXPLAIN, .request = 9 };
    request.explain.unit = unit;
    request.explain.indicator = "headcount";
    request.explain.as_of = KADR_DAY_NONE;
    request.explain.known = (struct kadr_instant){ .kind = KADR_INSTANT_COMMIT, .commit = commit };
    return request;
}

/* The only statement of an explanation that fits one frame. */
static struct kadr_wire_node statement_of(struct fixture *fx, const struct kadr_query_request *request)
{
    const struct kadr_wire_node *found = NULL;
    ask(fx, request);
    struct kadr_query_reply nodes = reply_of(fx, 1);
    assert_int_equal(nodes.kind, KADR_QUERY_EXPLANATION);
    assert_int_equal(nodes.request, 9);
    for (size_t i = 0; i < nodes.explanation.count; i++) {
        if (nodes.explanation.nodes[i].kind == KADR_NODE_STATEMENT) {
            assert_null(found);
            found = &nodes.explanation.nodes[i];
        }
    }
    assert_non_null(found);
    return *found;
}

static void a_statement_names_its_report(void **state)
{
    struct fixture *fx = *state;
    struct kadr_query_request request = about("KZ-62", 6);
    request.explain.breakdown[0] = (struct kadr_member_pair){ "cadre", "doctor" };
    request.explain.breakdown_count = 1;
    struct kadr_wire_node node = statement_of(fx, &request);
    assert_int_equal(node.statement.commit, 4);
    assert_int_equal(node.statement.index, 1);
    assert_int_equal(node.statement.use, KADR_USE_VALUE);
    assert_string_equal(node.statement.office, "KZ-62");
    assert_int_equal(node.statement.sequence, 103);
    assert_int_equal(node.statement.stream.bytes[0], 9);
    assert_int_equal(node.statement.committed_at_ms, INT64_C(1700000003000));
    assert_int_equal(node.statement.received_at_ms, INT64_C(1700000002995));
    assert_int_equal(node.statement.stated_at_ms, INT64_C(1700000002900));
    assert_string_equal(node.statement.source, "bulletin 7");
    assert_int_equal(node.statement.published, 19700);
    assert_string_equal(node.statement.file, "need.csv");
    assert_string_equal(node.statement.observation.note, "as counted");
    assert_string_equal(node.statement.observation.stated, "10");
    assert_string_equal(node.statement.observation.breakdown[0].member, "doctor");
    assert_int_equal(node.statement.observation.value.lo, 10);
    assert_int_equal(node.statement.observation.line, 4);
    assert_int_equal(node.statement.observation.column, 6);
}

static void an_answer_is_begin_nodes_and_an_end_that_counts_them(void **state)
{
    struct fixture *fx = *state;
    struct kadr_query_request request = about("KZ", 6);
    struct kadr_digest digest = { { 0 } };
    ask(fx, &request);
    struct kadr_query_reply begin = reply_of(fx, 0), nodes = reply_of(fx, 1), end = reply_of(fx, 2);
    assert_int_equal(begin.kind, KADR_QUERY_BEGIN);
    assert_int_equal(begin.begin.position.commit, 6);
    assert_int_equal(nodes.explanation.first, 0);
    assert_false(nodes.explanation.cut);
    assert_int_equal(nodes.explanation.nodes[0].cell.cell.lo, 72); /* 62 and the ten doctors */
    for (size_t i = 0; i < nodes.explanation.count; i++) {
        const struct kadr_wire_cell *cell = &nodes.explanation.nodes[i].cell;
        const struct kadr_cell_codes codes = { cell->unit, cell->indicator, cell->breakdown,
                                               cell->breakdown_count, cell->scale };
        if (nodes.explanation.nodes[i].kind != KADR_NODE_STATEMENT) {
            struct kadr_digest one = kadr_cell_digest_of(&codes, &cell->cell);
            kadr_digest_add(&digest, &one);
        }
    }
    assert_int_equal(end.kind, KADR_QUERY_END);
    assert_int_equal(end.end.cells, nodes.explanation.count);
    assert_memory_equal(&end.end.digest, &digest, sizeof digest);
}

/* Under its old code as long as it had that, and under the new one since. */
static void a_correction_is_explained_as_it_was_known(void **state)
{
    struct fixture *fx = *state;
    struct kadr_query_request before = about("KZ-35", 4), after = about("KZ-35", 5),
                              renamed = about("KZ-36", 6);
    struct kadr_wire_node node = statement_of(fx, &before);
    assert_int_equal(node.statement.observation.value.lo, 59);
    assert_int_equal(node.statement.commit, 3);
    assert_string_equal(node.statement.observation.unit, "KZ-35");
    node = statement_of(fx, &after);
    assert_int_equal(node.statement.observation.value.lo, 62);
    assert_int_equal(node.statement.commit, 5);
    node = statement_of(fx, &renamed);
    assert_int_equal(node.statement.commit, 5);
    assert_string_equal(node.statement.observation.unit, "KZ-36");
    assert_string_equal(node.statement.office, "KZ-35");
}

static void refuses(struct fixture *fx, const struct kadr_query_request *request, enum kadr_diag_code code)
{
    ask(fx, request);
    assert_int_equal(fx->answer.refused, code);
    assert_int_equal(reply_of(fx, 0).refusal.diag.diag.code, code);
}

static void refuses_members(struct fixture *fx, const char *dimension, const char *member, size_t times,
                            enum kadr_diag_code code)
{
    struct kadr_query_request request = about("KZ", 6);
    for (size_t i = 0; i < times; i++) {
        request.explain.breakdown[i] = (struct kadr_member_pair){ dimension, member };
    }
    request.explain.breakdown_count = times;
    refuses(fx, &request, code);
}

static void what_cannot_be_explained_is_refused(void **state)
{
    struct fixture *fx = *state;
    struct kadr_query_request request = about("KZ-99", 6);
    refuses(fx, &request, KADR_DIAG_UNKNOWN_UNIT);
    refuses_members(fx, "colour", "red", 1, KADR_DIAG_UNKNOWN_DIMENSION);
    refuses_members(fx, "cadre", "wizard", 1, KADR_DIAG_UNKNOWN_MEMBER);
    refuses_members(fx, "programme", "national_project_rural_health", 1, KADR_DIAG_WRONG_DIMENSION);
    refuses_members(fx, "cadre", "doctor", 2, KADR_DIAG_DIMENSION_TWICE);
    refuses_members(fx, "cadre", "midlevel", 1, KADR_DIAG_NOTHING_STATED);
    request = about("KZ", 6);
    request.explain.as_of = kadr_day_from_civil(2024, 2, 2);
    refuses(fx, &request, KADR_DIAG_PERIOD_IN_FUTURE);
    request = about("KZ", 6);
    request.explain.indicator = "facilities_planned";
    refuses(fx, &request, KADR_DIAG_PERIOD_NEEDED);
    request = about("KZ", 7);
    refuses(fx, &request, KADR_DIAG_KNOWN_AT_FUTURE);
    request = about("KZ", 2);
    refuses(fx, &request, KADR_DIAG_NOTHING_STATED);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_statement_names_its_report),
        CASE(an_answer_is_begin_nodes_and_an_end_that_counts_them),
        CASE(a_correction_is_explained_as_it_was_known),
        CASE(what_cannot_be_explained_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
