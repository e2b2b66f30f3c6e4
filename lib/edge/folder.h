/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* folder.h - a folder that is safe to keep data in: there, flushed into its parent, on a file system that
 * keeps its promises, and owned by this process alone.
 */
#include "base/buf.h"
#include "base/defs.h"

/** Makes the folder when it is missing (mode 0700, one level) and takes the exclusive lock on `owner.lock` in
 * it, where the owner's process id stands for the message of the next one. The lock ends with the descriptor.
 * @param allow_any_fs  also NFS, overlay, tmpfs … where a flush or a lock may mean nothing
 * @param why           gets one English sentence when it fails; may be NULL
 * @param[out] ret_fd   holds the lock; close() it to give the folder up
 * @retval KADR_EBUSY   another process owns it
 * @retval KADR_EPERM   not allowed, or a file system that cannot be trusted
 * @retval KADR_EINVAL / KADR_ENOENT / KADR_EIO / KADR_ENOSPC */
KADR_MUST_CHECK int kadr_folder_own(const char *path, bool allow_any_fs, int *ret_fd, struct kadr_buf *why);
/* Only makes it. */
KADR_MUST_CHECK int kadr_folder_make(const char *path, struct kadr_buf *why);
/* fsync() of the folder itself, after a file was made in it. */
KADR_MUST_CHECK int kadr_folder_sync(const char *path, struct kadr_buf *why);
