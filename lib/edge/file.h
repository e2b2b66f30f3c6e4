/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* file.h - a small file as a whole: read within a bound, replaced in one step.
 */
#include "base/buf.h"
#include "base/defs.h"

/** Appends the bytes of a regular file.
 * @param why  gets one English sentence when it fails; may be NULL
 * @retval KADR_ENOENT  it is not there
 * @retval KADR_EFULL   more than max_bytes
 * @retval KADR_EPERM   not allowed, or not a regular file
 * @retval KADR_EIO / KADR_ENOMEM */
KADR_MUST_CHECK int kadr_file_read_all(const char *path, size_t max_bytes, struct kadr_buf *out,
                                       struct kadr_buf *why);
/** Replaces or makes a file, mode 0600: whatever happens, also a loss of power, a reader finds the old bytes
 * or the new ones. Written beside it as `path.tmp`, flushed, renamed; the folder is flushed as well.
 * @retval KADR_ENOSPC / KADR_EPERM / KADR_ENOENT (no such folder) / KADR_EIO / KADR_EINVAL (path too long) */
KADR_MUST_CHECK int kadr_file_write_atomic(const char *path, struct kadr_bytes bytes, struct kadr_buf *why);

/* The error code for errno, and a sentence: `path: call: No such file or directory`. */
KADR_MUST_CHECK int kadr_file_error(const char *path, const char *call, struct kadr_buf *why);
