/* SPDX-License-Identifier: Apache-2.0 */
/* The storage core under random peers, a random disk and random crashes. After every step: what was
 * acknowledged is in the store, under the commit that was said, with the content that was sent; nothing is
 * there twice.
 */
#include "core/storage_rig.h"

#define STREAMS   4
#define SEQUENCES 4000
#define REQUESTS  20000
#define ITEMS     6

struct sent {
    uint8_t stream;
    uint64_t sequence;
    bool other; /* other content than usual */
};

struct model {
    struct rig rig;
    uint64_t random;
    struct sent sent[REQUESTS][ITEMS];
    uint64_t requests;
    uint64_t commit[STREAMS][SEQUENCES]; /* acknowledged; 0: not */
    bool committed[STREAMS][SEQUENCES];  /* by a receipt that does not say `duplicate` */
    uint64_t acknowledged, duplicates, refused, crashes, full;
};

static uint64_t next(struct model *model, uint64_t below)
{
    model->random ^= model->random >> 12;
    model->random ^= model->random << 25;
    model->random ^= model->random >> 27;
    return (model->random * UINT64_C(2685821657736338717) >> 33) % below;
}

static void content_of(const struct sent *sent, char ret[64])
{
    (void)snprintf(ret, 64, "%s %u/%u", sent->other ? "other" : "report", sent->stream,
                   (unsigned)sent->sequence);
}

/* Where the stream stands in the store, give or take: resends, the next ones, a gap now and then. */
static uint64_t pick_sequence(struct model *model, uint8_t stream)
{
    uint64_t mark = 0;
    struct kadr_id id = { { stream } };
    assert_int_equal(model->rig.store.mark(model->rig.store.self, "KZ-35", &id, &mark), 0);
    uint64_t back = next(model, 4) == 0 ? next(model, mark + 1) : 0;
    return mark + 1 - back + next(model, 4);
}

static void send_some(struct model *model)
{
    struct rig_report reports[ITEMS];
    char content[ITEMS][64];
    size_t count = 1 + (size_t)next(model, ITEMS);
    uint64_t request = model->requests++;
    uint8_t stream = (uint8_t)next(model, STREAMS);
    uint64_t sequence = pick_sequence(model, stream);
    assert_in_range(request, 0, REQUESTS - 1);
    for (size_t i = 0; i < count; i++) {
        struct sent *sent = &model->sent[request][i];
        *sent = (struct sent){ .stream = stream, .sequence = sequence + i, .other = next(model, 50) == 0 };
        assert_in_range(sent->sequence, 1, SEQUENCES - 1);
        content_of(sent, content[i]);
        reports[i] = (struct rig_report){ "KZ-35", stream, sent->sequence, content[i], 0 };
    }
    assert_int_equal(rig_append(&model->rig, 1, request, reports, count), 0);
}

static int same_content(void *context, const struct kadr_record *record)
{
    char content[64];
    content_of(context, content);
    assert_int_equal(record->message.len, strlen(content));
    assert_memory_equal(record->message.data, content, record->message.len);
    return 0;
}

static void check_receipt(struct model *model, const struct kadr_receipt *receipt, struct sent *sent)
{
    const struct kadr_store *store = &model->rig.store;
    struct kadr_id id = { { sent->stream } };
    uint64_t commit = 0, *known = &model->commit[sent->stream][sent->sequence];
    assert_int_equal(receipt->sequence, sent->sequence);
    assert_int_equal(store->find(store->self, "KZ-35", &id, sent->sequence, &commit), 0); /* durable */
    assert_int_equal(commit, receipt->commit);
    assert_int_equal(store->read(store->self, commit, 1, 0, same_content, sent), 0);
    if (*known) {
        assert_int_equal(*known, commit);
    }
    if (receipt->outcome == KADR_OUTCOME_COMMITTED) { /* to the first who sent it, hence once */
        assert_false(model->committed[sent->stream][sent->sequence]);
        model->committed[sent->stream][sent->sequence] = true;
    }
    model->acknowledged += *known == 0;
    model->duplicates += receipt->outcome == KADR_OUTCOME_DUPLICATE;
    *known = commit;
}

static void check_replies(struct model *model)
{
    for (size_t i = 0; i < model->rig.reply_count; i++) {
        const struct kadr_store_reply *reply = &model->rig.replies[i].reply;
        for (size_t r = 0; reply->kind == KADR_STORE_APPENDED && r < reply->appended.count; r++) {
            const struct kadr_append_result *result = &reply->appended.results[r];
            struct sent *sent = &model->sent[reply->appended.request][r];
            if (result->refused) {
                model->refused++;
                assert_int_equal(result->refusal.sequence, sent->sequence);
            } else {
                check_receipt(model, &result->receipt, sent);
            }
        }
    }
    rig_forget(&model->rig);
}

static void one_step(struct model *model)
{
    struct rig *rig = &model->rig;
    uint64_t what = next(model, 100);
    if (what < 50) {
        send_some(model);
    } else if (what < 90 && rig->in_flight) {
        assert_int_equal(rig_disk(rig, 0), 0);
    } else if (what < 95 && rig->in_flight) {
        assert_int_equal(rig_disk(rig, KADR_ENOSPC), 0);
        model->full++;
    } else if (what < 97) { /* before or after the disk has it */
        if (rig->in_flight && next(model, 2)) {
            assert_int_equal(rig->store.append(rig->store.self, rig->records, rig->record_count), 0);
        }
        rig_restart(rig);
        model->crashes++;
    } else {
        rig->wall_ms += (kadr_ms)next(model, 40000000);
        assert_int_equal(rig_step(rig, (struct kadr_storage_event){ .kind = KADR_STORAGE_TICK }), 0);
    }
    check_replies(model);
}

static int check_chain(void *context, const struct kadr_record *record)
{
    struct kadr_digest *digest = context;
    *digest = kadr_record_chain(digest, record->commit, record->envelope, record->message);
    assert_true(kadr_digest_equal(digest, &record->digest));
    return 0;
}

/* Each stream holds 1 … mark, each once, in order of commit. */
static void check_journal(const struct model *model)
{
    const struct kadr_store *store = &model->rig.store;
    struct kadr_digest digest = { { 0 } };
    assert_int_equal(store->read(store->self, 1, SIZE_MAX, SIZE_MAX, check_chain, &digest), 0);
    for (uint8_t stream = 0; stream < STREAMS; stream++) {
        struct kadr_id id = { { stream } };
        uint64_t mark = 0, commit = 0, last = 0;
        assert_int_equal(store->mark(store->self, "KZ-35", &id, &mark), 0);
        for (uint64_t sequence = 1; sequence <= mark; sequence++) {
            assert_int_equal(store->find(store->self, "KZ-35", &id, sequence, &commit), 0);
            assert_true(commit > last);
            last = commit;
        }
    }
}

static void run_model(uint64_t seed, size_t steps)
{
    struct model *model = calloc(1, sizeof(*model));
    assert_non_null(model);
    model->random = seed;
    rig_up(&model->rig);
    for (size_t i = 0; i < steps; i++) {
        one_step(model);
    }
    rig_settle(&model->rig);
    check_replies(model);
    check_journal(model);
    assert_int_equal(rig_status(&model->rig).queue_items, 0);
    assert_int_equal(rig_status(&model->rig).queue_bytes, 0);
    /* The schedule was not an empty one. */
    assert_true(model->acknowledged > 20 && model->duplicates > 20 && model->refused > 20);
    assert_true(model->crashes > 0 && model->full > 0);
    rig_done(&model->rig);
    free(model);
}

static void random_schedules(void **state)
{
    (void)state;
    const char *full = getenv("KADR_TEST_FULL");
    uint64_t seeds = full && strcmp(full, "1") == 0 ? 400 : 12;
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        print_message("seed %u\n", (unsigned)seed);
        run_model(seed * UINT64_C(0x9E3779B97F4A7C15), 500);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(random_schedules) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
