/* SPDX-License-Identifier: Apache-2.0 */
/* err.c - error codes as text. A new code in err.h gets its line here; the unit test counts both. */
#include "base/err.h"

#include "base/defs.h"

const char *kadr_strerror(int err)
{
    static const char *const text[] = {
        [-KADR_OK] = "success",
        [-KADR_EINVAL] = "malformed or out of range",
        [-KADR_ENOMEM] = "out of memory",
        [-KADR_ENOENT] = "not found",
        [-KADR_EEXIST] = "exists already",
        [-KADR_EFULL] = "limit reached",
        [-KADR_EAGAIN] = "try again",
        [-KADR_EIO] = "input or output failed",
        [-KADR_ECORRUPT] = "stored data is corrupt",
        [-KADR_EVERSION] = "unknown format or protocol version",
        [-KADR_EPERM] = "not allowed",
        [-KADR_ETIMEOUT] = "timed out",
        [-KADR_EBUSY] = "held by another process or peer",
        [-KADR_EPROTO] = "the peer broke the protocol",
        [-KADR_ENOSPC] = "no space left",
        [-KADR_ECANCELED] = "canceled",
    };
    if (err > 0 || err <= -(int)KADR_COUNT(text)) {
        return "unknown error";
    }
    return text[-err];
}
