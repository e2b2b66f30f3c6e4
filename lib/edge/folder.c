/* SPDX-License-Identifier: Apache-2.0 */
/* folder.c - the checks before a folder is trusted with data. flock() and not a process id decides who owns
 * it: a lock ends with its process, an id may be anybody's, and in containers it is always 1.
 */
#define _GNU_SOURCE
#include "edge/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/err.h"
#include "edge/file.h"

#define MAX_PATH_BYTES 4096
#define OWNER_FILE     "owner.lock"

int kadr_folder_sync(const char *path, struct kadr_buf *why)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return kadr_file_error(path, "open", why);
    }
    int r = fsync(fd) == 0 ? 0 : kadr_file_error(path, "fsync", why);
    close(fd);
    return r;
}

int kadr_folder_make(const char *path, struct kadr_buf *why)
{
    if (mkdir(path, 0700) != 0) {
        return errno == EEXIST ? 0 : kadr_file_error(path, "mkdir", why);
    }
    char parent[MAX_PATH_BYTES];
    (void)snprintf(parent, sizeof(parent), "%s/..", path); /* the caller checked the length */
    return kadr_folder_sync(parent, why);
}

/* Name of a file system on which a flush or a lock may mean nothing; NULL for the others. */
static const char *untrusted_fs(unsigned long type)
{
    static const struct {
        unsigned long type;
        const char *name;
    } table[] = {
        { 0x6969, "NFS" },         { 0x517B, "SMB" },       { 0xFF534D42, "CIFS" },  { 0xFE534D42, "SMB2" },
        { 0x01021997, "9p" },      { 0x5346414F, "AFS" },   { 0x00C36400, "Ceph" },  { 0x65735546, "FUSE" },
        { 0x794C7630, "overlay" }, { 0x01021994, "tmpfs" }, { 0x858458F6, "ramfs" },
    };
    for (size_t i = 0; i < KADR_COUNT(table); i++) {
        if (table[i].type == type) {
            return table[i].name;
        }
    }
    return NULL;
}

static int check_fs(const char *path, struct kadr_buf *why)
{
    struct statfs fs;
    if (statfs(path, &fs) != 0) {
        return kadr_file_error(path, "statfs", why);
    }
    const char *name = untrusted_fs((unsigned long)fs.f_type & 0xFFFFFFFFul);
    if (!name) {
        return 0;
    }
    if (why) {
        kadr_buf_printf(why,
                        "%s: is on %s, which may lose what was flushed or share locks badly; use a local "
                        "disk or volume, or set allow_any_fs",
                        path, name);
    }
    return KADR_EPERM;
}

/* Another one has the lock, or locking does not work here. */
static int not_locked(int fd, const char *path, struct kadr_buf *why)
{
    char pid[32] = "";
    if (errno != EWOULDBLOCK) {
        return kadr_file_error(path, "flock", why);
    }
    ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);
    if (why) {
        kadr_buf_printf(why, "%s: another process owns it (pid %s)", path, n > 0 ? pid : "unknown");
    }
    return KADR_EBUSY;
}

static int lock(int fd, const char *path, struct kadr_buf *why)
{
    char pid[32];
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        return not_locked(fd, path, why);
    }
    int len = snprintf(pid, sizeof(pid), "%ld", (long)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, pid, (size_t)len, 0) != len) {
        return kadr_file_error(path, "write to " OWNER_FILE, why);
    }
    return 0;
}

int kadr_folder_own(const char *path, bool allow_any_fs, int *ret_fd, struct kadr_buf *why)
{
    char file[MAX_PATH_BYTES];
    int len = snprintf(file, sizeof(file), "%s/" OWNER_FILE, path);
    if (path[0] == '\0' || len < 0 || (size_t)len >= sizeof(file)) {
        if (why) {
            kadr_buf_printf(why, "not a usable path: \"%s\"", path);
        }
        return KADR_EINVAL;
    }
    int r = kadr_folder_make(path, why);
    if (r == 0 && !allow_any_fs) {
        r = check_fs(path, why);
    }
    if (r) {
        return r;
    }
    int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        return kadr_file_error(file, "open", why);
    }
    r = lock(fd, path, why);
    if (r) {
        close(fd);
        return r;
    }
    *ret_fd = fd;
    return 0;
}
