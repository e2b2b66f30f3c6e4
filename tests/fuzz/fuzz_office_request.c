/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a message of the office's link: refused with a reason, or within its bounds. */
#include "fuzz.h"
#include "wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    KADR_CLEANUP(kadr_arena_free) struct kadr_arena *arena = NULL;
    struct kadr_office_request request;
    const char *why = NULL;
    KADR_ASSERT(kadr_arena_new(KADR_MAX_ARENA_BYTES, &arena) == 0);
    int rc = kadr_decode_office_request((struct kadr_bytes){ data, size }, arena, &request, &why);
    if (rc != 0) {
        KADR_ASSERT(why != NULL || rc == KADR_ENOMEM);
        return 0;
    }
    if (request.kind == KADR_OFFICE_SUBMIT) {
        KADR_ASSERT(kadr_code_valid(request.submit.office));
        KADR_ASSERT(request.submit.report.len <= KADR_MAX_REPORT_BYTES);
    }
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf bytes;
    struct kadr_office_request again;
    kadr_buf_init(&bytes, 0);
    kadr_encode_office_request(&request, &bytes);
    KADR_ASSERT(bytes.err == 0);
    struct kadr_bytes frame = { bytes.data, bytes.len };
    KADR_ASSERT(kadr_decode_office_request(frame, arena, &again, NULL) == 0 && again.kind == request.kind);
    return 0;
}
