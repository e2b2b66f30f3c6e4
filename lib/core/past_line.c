/* SPDX-License-Identifier: Apache-2.0 */
#include "core/past_line.h"

#include <string.h>

#define WAIT_NS KADR_S(KADR_MAX_PAST_WAIT_S)

void kadr_past_line_done(struct kadr_past_line *line)
{
    kadr_past_line_drop(line);
    while (line->count > 0) {
        free(line->items[--line->count]);
    }
    line->bytes = 0;
}

static size_t count_of(const struct kadr_past_line *line, const struct kadr_peer *peer)
{
    size_t count = line->taken != NULL && kadr_peer_equal(&line->taken->peer, peer);
    for (size_t i = 0; i < line->count; i++) {
        count += kadr_peer_equal(&line->items[i]->peer, peer);
    }
    return count;
}

int kadr_past_line_add(struct kadr_past_line *line, const struct kadr_past_waiting *question,
                       struct kadr_bytes frame)
{
    bool room = line->count < KADR_MAX_PAST_QUESTIONS &&
                count_of(line, &question->peer) < KADR_MAX_PEER_PAST_QUESTIONS &&
                frame.len <= KADR_MAX_PAST_QUESTION_BYTES - line->bytes;
    if (!room) {
        return KADR_EFULL;
    }
    struct kadr_past_waiting *item = malloc(sizeof *item + frame.len);
    if (item == NULL) {
        return KADR_ENOMEM;
    }
    memcpy(item, question, sizeof *item);
    memcpy(item->frame, frame.data, frame.len);
    item->len = frame.len;
    line->items[line->count++] = item;
    line->bytes += frame.len;
    return 0;
}

const struct kadr_past_waiting *kadr_past_line_take(struct kadr_past_line *line, uint64_t reached,
                                                    kadr_ns now_ns)
{
    size_t nth = 0;
    while (nth < line->count && line->items[nth]->needs > reached &&
           now_ns - line->items[nth]->asked_ns < WAIT_NS) {
        nth++;
    }
    if (line->taken != NULL || nth == line->count) {
        return NULL;
    }
    line->taken = line->items[nth];
    line->bytes -= line->taken->len;
    line->count--;
    memmove(&line->items[nth], &line->items[nth + 1], (line->count - nth) * sizeof(line->items[0]));
    return line->taken;
}

void kadr_past_line_drop(struct kadr_past_line *line)
{
    free(KADR_TAKE(line->taken));
}

kadr_ns kadr_past_line_due_ns(const struct kadr_past_line *line)
{
    return line->items[0]->asked_ns + WAIT_NS;
}
