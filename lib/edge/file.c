/* SPDX-License-Identifier: Apache-2.0 */
/* file.c - see file.h. */
#include "edge/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "edge/folder.h"

#define MAX_PATH_BYTES 4096
#define CHUNK_BYTES    65536

int kadr_file_error(const char *path, const char *call, struct kadr_buf *why)
{
    static const struct {
        int number, err;
    } table[] = {
        { ENOENT, KADR_ENOENT }, { ENOTDIR, KADR_ENOENT }, { EACCES, KADR_EPERM },  { EPERM, KADR_EPERM },
        { EROFS, KADR_EPERM },   { EISDIR, KADR_EPERM },   { ENOSPC, KADR_ENOSPC }, { EDQUOT, KADR_ENOSPC },
    };
    int number = errno;
    if (why) {
        kadr_buf_printf(why, "%s: %s: %s", path, call, strerror(number));
    }
    for (size_t i = 0; i < KADR_COUNT(table); i++) {
        if (table[i].number == number) {
            return table[i].err;
        }
    }
    return KADR_EIO;
}

static int say(int err, const char *path, const char *what, struct kadr_buf *why)
{
    if (why) {
        kadr_buf_printf(why, "%s: %s", path, what);
    }
    return err;
}

/* ---- reading ---- */

static int read_open(int fd, const char *path, size_t max_bytes, struct kadr_buf *out, struct kadr_buf *why)
{
    struct stat stat;
    if (fstat(fd, &stat) != 0) {
        return kadr_file_error(path, "stat", why);
    }
    if (!S_ISREG(stat.st_mode)) {
        return say(KADR_EPERM, path, "is not a regular file", why);
    }
    uint8_t chunk[CHUNK_BYTES];
    size_t total = 0;
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof(chunk));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return kadr_file_error(path, "read", why);
        }
        if (n == 0) {
            return out->err ? say(KADR_ENOMEM, path, "out of memory", why) : 0;
        }
        total += (size_t)n;
        if (total > max_bytes) {
            return say(KADR_EFULL, path, "is larger than what is ever written", why);
        }
        kadr_buf_add(out, chunk, (size_t)n);
    }
}

int kadr_file_read_all(const char *path, size_t max_bytes, struct kadr_buf *out, struct kadr_buf *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not make us wait */
    if (fd < 0) {
        return kadr_file_error(path, "open", why);
    }
    int err = read_open(fd, path, max_bytes, out, why);
    close(fd);
    return err;
}

/* ---- replacing ---- */

static int write_open(int fd, const char *path, struct kadr_bytes bytes, struct kadr_buf *why)
{
    for (size_t done = 0; done < bytes.len;) {
        ssize_t n = write(fd, bytes.data + done, bytes.len - done);
        if (n < 0 && errno != EINTR) {
            return kadr_file_error(path, "write", why);
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return fsync(fd) == 0 ? 0 : kadr_file_error(path, "fsync", why);
}

/* A new file and no other: what stands under the name, be it a link, is taken away first. */
static int write_new(const char *path, struct kadr_bytes bytes, struct kadr_buf *why)
{
    if (unlink(path) != 0 && errno != ENOENT) {
        return kadr_file_error(path, "unlink", why);
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return kadr_file_error(path, "open", why);
    }
    int err = write_open(fd, path, bytes, why);
    if (close(fd) != 0 && err == 0) {
        err = kadr_file_error(path, "close", why);
    }
    return err;
}

static int sync_parent(const char *path, struct kadr_buf *why)
{
    char folder[MAX_PATH_BYTES];
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);
    memcpy(folder, path, len); /* the caller checked the length */
    folder[len] = '\0';
    return kadr_folder_sync(len == 0 ? "." : folder, why);
}

int kadr_file_write_atomic(const char *path, struct kadr_bytes bytes, struct kadr_buf *why)
{
    char temporary[MAX_PATH_BYTES];
    int len = snprintf(temporary, sizeof(temporary), "%s.tmp", path);
    if (path[0] == '\0' || len < 0 || (size_t)len >= sizeof(temporary)) {
        return say(KADR_EINVAL, path, "is not a usable path", why);
    }
    int err = write_new(temporary, bytes, why);
    if (err == 0 && rename(temporary, path) != 0) {
        err = kadr_file_error(path, "rename", why);
    }
    if (err != 0) {
        (void)unlink(temporary); /* the next one takes it away otherwise */
        return err;
    }
    return sync_parent(path, why);
}
