/* SPDX-License-Identifier: Apache-2.0 */
/* storage_reference.c - reference data and the day, written into the journal by storaged alone.
 *
 * A version is checked as a whole against the one in force (no code may get lost: a figure in the journal
 * must keep its meaning) and takes force with its commit. One version at a time is on its way.
 */
#include "core/storage_impl.h"

#include <string.h>

/* ---- what the journal holds ---- */

struct loading {
    struct kadr_storage *st;
    struct kadr_reference *reference;
    kadr_day day;
};

static int load_reference(void *context, const struct kadr_record *record)
{
    struct loading *loading = context;
    struct kadr_wire_files files;
    int r = kadr_decode_files(record->message, loading->st->scratch, &files, NULL);
    return r ? r : kadr_reference_load(files.files, files.count, NULL, &loading->reference);
}

static int load_day(void *context, const struct kadr_record *record)
{
    struct loading *loading = context;
    struct kadr_envelope envelope;
    int r = kadr_decode_envelope(record->envelope, loading->st->scratch, &envelope, NULL);
    if (r == 0) {
        loading->day = envelope.day;
    }
    return r;
}

int kadr_storage_load(struct kadr_storage *st)
{
    const struct kadr_store *store = st->store;
    struct loading loading = { .st = st, .day = KADR_DAY_NONE };
    int r = store->state(store->self, &st->state);
    if (r == 0 && st->state.reference_commit) {
        r = store->read(store->self, st->state.reference_commit, 1, 0, load_reference, &loading);
        if (r || !loading.reference) {
            return kadr_storage_fatal(st, r ? r : KADR_ECORRUPT,
                                      "the reference data in force cannot be loaded");
        }
    }
    if (r == 0 && st->state.day_commit) {
        r = store->read(store->self, st->state.day_commit, 1, 0, load_day, &loading);
    }
    st->reference = loading.reference;
    st->day = loading.day;
    return r ? kadr_storage_fatal(st, r, "the state of the store cannot be read") : 0;
}

/* ---- a new version ---- */

void kadr_storage_drop_candidate(struct kadr_storage *st)
{
    kadr_reference_unref(st->candidate.reference);
    st->candidate.reference = NULL;
    kadr_buf_clear(&st->candidate.message);
}

/* Texts and list in the scratch arena; what does not fit there is left out. */
static void list_diags(struct kadr_storage *st, const struct kadr_diags *diags,
                       struct kadr_store_reply *reply)
{
    struct kadr_reference_diag *list = kadr_arena_calloc(st->scratch, diags->count, sizeof(*list));
    size_t count = 0;
    while (list && count < diags->count) {
        const struct kadr_diag *diag = &diags->items[count];
        list[count].file = kadr_arena_strndup(st->scratch, diag->file, strlen(diag->file));
        if (!list[count].file || kadr_wire_diag_from(diag, st->scratch, &list[count].diag) != 0) {
            break;
        }
        count++;
    }
    reply->applied.diags = list;
    reply->applied.diag_count = count;
}

static int load_candidate(struct kadr_storage *st, const struct kadr_store_request *message,
                          struct kadr_diags *diags, struct kadr_reference **ret_reference)
{
    KADR_CLEANUP(kadr_reference_unref) struct kadr_reference *reference = NULL;
    int r = kadr_reference_load(message->apply.files, message->apply.count, diags, &reference);
    if (r) {
        return r;
    }
    if (st->reference && kadr_reference_lost_codes(st->reference, reference, diags) > 0) {
        return KADR_EINVAL;
    }
    *ret_reference = KADR_TAKE(reference);
    return 0;
}

static int begin_candidate(struct kadr_storage *st, const struct kadr_peer *peer,
                           const struct kadr_store_request *message, struct kadr_reference *reference)
{
    struct candidate *candidate = &st->candidate;
    candidate->reference = reference;
    candidate->peer = *peer;
    kadr_buf_clear(&candidate->message);
    kadr_encode_files(message->apply.files, message->apply.count, &candidate->message);
    return candidate->message.err ? kadr_storage_fatal(st, KADR_ENOMEM, "out of memory") : 0;
}

/* No new version is taken now. */
static int refuse_apply(struct kadr_storage *st, const struct kadr_peer *peer)
{
    return kadr_storage_refuse_request(st, peer,
                                       st->stopping ? KADR_STORAGE_STOPPING : KADR_STORAGE_QUEUE_FULL, NULL);
}

int kadr_storage_apply(struct kadr_storage *st, const struct kadr_peer *peer,
                       const struct kadr_store_request *message)
{
    if (!message->apply.dry_run && (st->stopping || st->candidate.reference)) {
        return refuse_apply(st, peer);
    }
    KADR_CLEANUP(kadr_diags_done) struct kadr_diags diags;
    KADR_CLEANUP(kadr_reference_unref) struct kadr_reference *reference = NULL;
    kadr_diags_init(&diags);
    struct kadr_store_reply reply = { .kind = KADR_STORE_APPLIED };
    int r = load_candidate(st, message, &diags, &reference);
    if (r == KADR_ENOMEM) {
        return kadr_storage_fatal(st, r, "out of memory");
    }
    if (r == 0) {
        reply.applied.reference = *kadr_reference_version(reference);
        reply.applied.unchanged = st->reference && kadr_digest_equal(&reply.applied.reference,
                                                                     kadr_reference_version(st->reference));
        reply.applied.commit = reply.applied.unchanged ? st->state.reference_commit : 0;
        if (!reply.applied.unchanged && !message->apply.dry_run) {
            return begin_candidate(st, peer, message, KADR_TAKE(reference));
        }
    }
    list_diags(st, &diags, &reply);
    return kadr_storage_send(st, peer, &reply);
}

int kadr_storage_reference_committed(struct kadr_storage *st, uint64_t commit)
{
    kadr_reference_unref(st->reference);
    st->reference = KADR_TAKE(st->candidate.reference);
    st->state.reference_commit = commit;
    kadr_buf_clear(&st->candidate.message);
    const struct kadr_store_reply reply = {
        .kind = KADR_STORE_APPLIED,
        .applied = { .applied = true, .commit = commit, .reference = *kadr_reference_version(st->reference) }
    };
    return kadr_storage_send(st, &st->candidate.peer, &reply);
}

int kadr_storage_reference_failed(struct kadr_storage *st)
{
    kadr_storage_drop_candidate(st);
    return kadr_storage_refuse_request(st, &st->candidate.peer, KADR_STORAGE_STORAGE_FULL, NULL);
}
