/* SPDX-License-Identifier: Apache-2.0 */
/* aggregate_publish.c - deltas and progress of the live feed.
 *
 * A topic is (unit, indicator). Its deltas join without a gap: each begins (`from`) where the one before
 * ended (`to`), the first at the commit at which publishing began. A subscriber that holds a snapshot of any
 * commit between can therefore tell whether a delta is the next one for it.
 */
#include "core/aggregate_impl.h"

#include "base/limits.h"

#include <uthash.h>

struct kadr_topic_state {
    uint32_t id; /* unit << 16 | indicator, of the current reference */
    kadr_unit unit;
    kadr_indicator indicator;
    uint64_t to;      /* of its last delta */
    bool in_progress; /* has a delta since the last progress message */
    UT_hash_handle hh;
};

static struct kadr_topic_state *topic_of(struct kadr_aggregate *agg, kadr_unit unit, kadr_indicator indicator)
{
    uint32_t id = (uint32_t)unit << 16 | indicator;
    struct kadr_topic_state *topic = NULL;
    HASH_FIND(hh, agg->topics, &id, sizeof id, topic);
    if (topic == NULL) {
        topic = calloc(1, sizeof *topic);
        if (topic == NULL) {
            return NULL;
        }
        *topic = (struct kadr_topic_state){ .id = id, .unit = unit, .indicator = indicator, .to = agg->base };
        HASH_ADD(hh, agg->topics, id, sizeof topic->id, topic);
    }
    return topic;
}

void kadr_aggregate_topics_clear(struct kadr_aggregate *agg)
{
    struct kadr_topic_state *topic = NULL;
    struct kadr_topic_state *next = NULL;
    HASH_ITER(hh, agg->topics, topic, next)
    {
        HASH_DEL(agg->topics, topic);
        free(topic);
    }
}

/* The run of changes that share the first one's topic. */
static size_t end_of_run(const struct kadr_rollup *rollup, size_t begin, size_t count)
{
    struct kadr_cell_key first = kadr_rollup_change(rollup, begin).cell.key;
    size_t end = begin;
    bool same = true;
    while (same && ++end < count) {
        struct kadr_cell_key key = kadr_rollup_change(rollup, end).cell.key;
        same = key.unit == first.unit && key.indicator == first.indicator;
    }
    return end;
}

static int encode_delta(struct kadr_aggregate *agg, const struct kadr_topic_state *topic, size_t begin,
                        size_t count)
{
    const struct kadr_reference *reference = kadr_rollup_current_reference(agg->rollup);
    if (count > KADR_MAX_DELTA_CELLS) {
        return KADR_EFULL;
    }
    kadr_arena_clear(agg->topic_arena);
    struct kadr_wire_change *items = kadr_arena_calloc(agg->topic_arena, count, sizeof *items);
    if (items == NULL) {
        return KADR_ENOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        struct kadr_cell_change change = kadr_rollup_change(agg->rollup, begin + i);
        kadr_wire_cell_from(reference, &change.cell, &items[i].cell);
        items[i].kind = change.kind;
        items[i].removed = change.removed;
    }
    struct kadr_published message = { .kind = KADR_PUBLISHED_DELTA };
    message.delta.from = topic->to;
    message.delta.to = kadr_aggregate_position(agg);
    message.delta.unit_path = kadr_unit_info(reference, topic->unit)->path;
    message.delta.indicator = kadr_indicator_info(reference, topic->indicator)->code;
    message.delta.changes = items;
    message.delta.count = count;
    kadr_buf_clear(&agg->frame);
    kadr_encode_published(&message, &agg->frame);
    return agg->frame.err;
}

static int send_delta(struct kadr_aggregate *agg, const struct kadr_topic_state *topic, size_t count)
{
    const struct kadr_reference *reference = kadr_rollup_current_reference(agg->rollup);
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf name;
    kadr_buf_init(&name, 0);
    kadr_topic_format(kadr_unit_info(reference, topic->unit)->path,
                      kadr_indicator_info(reference, topic->indicator)->code, &name);
    if (name.err != 0) {
        return name.err;
    }
    agg->sink.publish(agg->sink.context, kadr_buf_str(&name), &agg->frame);
    agg->count.deltas++;
    agg->count.changes += count;
    return 0;
}

/* A delta that no frame holds is not sent. The topic counts as published all the same: the next progress
 * message names it at this commit, and whoever holds less takes a snapshot. */
static int publish_topic(struct kadr_aggregate *agg, size_t begin, size_t count)
{
    struct kadr_cell_key key = kadr_rollup_change(agg->rollup, begin).cell.key;
    struct kadr_topic_state *topic = topic_of(agg, key.unit, key.indicator);
    if (topic == NULL) {
        return KADR_ENOMEM;
    }
    int err = encode_delta(agg, topic, begin, count);
    if (err == KADR_EFULL) {
        agg->count.deltas_cut++;
        err = 0;
    } else if (err == 0) {
        err = send_delta(agg, topic, count);
    }
    topic->to = agg->commit;
    topic->in_progress = true;
    return err;
}

int kadr_aggregate_publish(struct kadr_aggregate *agg, kadr_ns now_ns)
{
    size_t count = 0;
    int err = kadr_rollup_take_changes(agg->rollup, &count);
    for (size_t begin = 0, end; err == 0 && begin < count; begin = end) {
        end = end_of_run(agg->rollup, begin, count);
        err = publish_topic(agg, begin, end - begin);
    }
    if (err == 0) {
        agg->published = agg->commit;
        agg->published_ns = now_ns;
    }
    return err;
}

/* ---- progress ---- */

struct digest_list {
    const struct kadr_reference *reference;
    struct kadr_arena *arena;
    struct kadr_wire_topic_digest *items;
    size_t count, cap;
};

static int grow(struct digest_list *list)
{
    size_t cap = list->cap == 0 ? 256 : 2 * list->cap;
    struct kadr_wire_topic_digest *items = kadr_arena_calloc(list->arena, cap, sizeof *items);
    if (items == NULL) {
        return KADR_ENOMEM;
    }
    if (list->count > 0) {
        memcpy(items, list->items, list->count * sizeof *items);
    }
    list->items = items;
    list->cap = cap;
    return 0;
}

static int add_digest(void *context, const struct kadr_topic_digest *digest)
{
    struct digest_list *list = context;
    if (list->count == list->cap && grow(list) != 0) {
        return KADR_ENOMEM;
    }
    list->items[list->count++] = (struct kadr_wire_topic_digest){
        .region = kadr_unit_info(list->reference, digest->region)->code,
        .indicator = kadr_indicator_info(list->reference, digest->indicator)->code,
        .digest = digest->digest,
    };
    return 0;
}

/* A day that begins may touch every topic there is, and their names no frame. Then none is named and the
 * message begins where it ends: to every subscriber that is not there yet a progress message is missing. */
static void name_changed(struct kadr_published *message, const struct kadr_topic *changed, size_t count)
{
    if (count > KADR_MAX_CHANGED_TOPICS) {
        message->progress.previous = message->progress.position.commit;
        return;
    }
    message->progress.changed = changed;
    message->progress.changed_count = count;
}

static int changed_topics(struct kadr_aggregate *agg, const struct kadr_reference *reference,
                          struct kadr_published *message)
{
    struct kadr_topic *changed = kadr_arena_calloc(agg->arena, KADR_MAX_CHANGED_TOPICS, sizeof *changed);
    if (changed == NULL) {
        return KADR_ENOMEM;
    }
    size_t count = 0;
    for (struct kadr_topic_state *topic = agg->topics; topic != NULL; topic = topic->hh.next) {
        if (!topic->in_progress) {
            continue;
        }
        if (count < KADR_MAX_CHANGED_TOPICS) {
            changed[count] =
                (struct kadr_topic){ .unit_path = kadr_unit_info(reference, topic->unit)->path,
                                     .indicator = kadr_indicator_info(reference, topic->indicator)->code,
                                     .commit = topic->to };
        }
        count++;
        topic->in_progress = false;
    }
    name_changed(message, changed, count);
    return 0;
}

int kadr_aggregate_progress(struct kadr_aggregate *agg, kadr_ns now_ns)
{
    agg->progress_due_ns = now_ns + KADR_AGGREGATE_PROGRESS_NS;
    const struct kadr_reference *reference = kadr_rollup_current_reference(agg->rollup);
    if (reference == NULL) {
        return 0; /* an empty journal has no state to speak of */
    }
    int err = agg->published < agg->commit ? kadr_aggregate_publish(agg, now_ns) : 0;
    struct kadr_published message = { .kind = KADR_PUBLISHED_PROGRESS };
    message.progress.position = kadr_aggregate_position(agg);
    message.progress.previous = agg->progressed;
    message.progress.digest = kadr_rollup_digest(agg->rollup);
    struct digest_list list = { .reference = reference, .arena = agg->arena };
    if (err == 0) {
        err = kadr_rollup_digests(agg->rollup, add_digest, &list);
    }
    if (err == 0) {
        err = changed_topics(agg, reference, &message);
    }
    if (err != 0) {
        return err;
    }
    message.progress.digests = list.items;
    message.progress.digest_count = list.count;
    kadr_buf_clear(&agg->frame);
    kadr_encode_published(&message, &agg->frame);
    if (agg->frame.err != 0) {
        return agg->frame.err;
    }
    agg->sink.publish(agg->sink.context, KADR_TOPIC_PROGRESS, &agg->frame);
    agg->progressed = agg->commit;
    agg->count.progresses++;
    return 0;
}
