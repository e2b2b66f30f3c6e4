/* SPDX-License-Identifier: Apache-2.0 */
/* reference_dir.c - reads the configured reference data: DIR/units.csv and DIR/catalogue/NAME.csv. Whether it
 * makes sense is the domain's business.
 */
#include "storaged.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#include "base/err.h"

#define MAX_PATH_BYTES 4096
#define CATALOGUE      "catalogue"
#define SUFFIX         ".csv"

static int fail(struct kadr_buf *why, const char *path, int err)
{
    kadr_buf_printf(why, "%s: %s", path, strerror(errno));
    return err;
}

static int read_all(FILE *file, struct kadr_buf *content)
{
    char chunk[16384];
    size_t n;
    while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0) {
        kadr_buf_add(content, chunk, n);
    }
    return content->err ? content->err : ferror(file) ? KADR_EIO : 0;
}

/* One file, at most KADR_MAX_REFERENCE_BYTES. */
static int add_file(struct reference_dir *dir, const char *folder, const char *name, struct kadr_buf *why)
{
    char path[MAX_PATH_BYTES];
    int len = snprintf(path, sizeof(path), "%s/%s", folder, name);
    if (dir->count == KADR_MAX_REFERENCE_FILES || strlen(name) > KADR_MAX_CODE_BYTES || len < 0 ||
        (size_t)len >= sizeof(path)) {
        kadr_buf_printf(why, "%s: too many files, or too long a name", folder);
        return KADR_EFULL;
    }
    FILE *file = fopen(path, "rbe");
    if (!file) {
        return fail(why, path, KADR_ENOENT);
    }
    struct kadr_buf *content = &dir->content[dir->count];
    kadr_buf_init(content, KADR_MAX_REFERENCE_BYTES);
    (void)snprintf(dir->names[dir->count], sizeof(dir->names[0]), "%s", name); /* length checked above */
    int r = read_all(file, content);
    if (r) {
        kadr_buf_printf(why, "%s: %s", path, kadr_strerror(r));
    }
    (void)fclose(file); /* read only: nothing can be lost */
    dir->files[dir->count] =
        (struct kadr_file){ .name = dir->names[dir->count], .bytes = { content->data, content->len } };
    dir->count++;
    return r;
}

static bool is_csv(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name), suffix = strlen(SUFFIX);
    return entry->d_name[0] != '.' && len > suffix && strcmp(entry->d_name + len - suffix, SUFFIX) == 0;
}

static int add_catalogue(struct reference_dir *dir, const char *folder, struct kadr_buf *why)
{
    DIR *handle = opendir(folder);
    if (!handle) {
        return fail(why, folder, KADR_ENOENT);
    }
    int r = 0;
    const struct dirent *entry;
    while (r == 0 && (entry = readdir(handle))) {
        r = is_csv(entry) ? add_file(dir, folder, entry->d_name, why) : 0;
    }
    (void)closedir(handle); /* read only: nothing can be lost */
    return r;
}

/* A folder has no order of its own; a version in the journal should look the same wherever it was made. */
static void sort(struct reference_dir *dir)
{
    for (size_t i = 1; i < dir->count; i++) {
        for (size_t j = i; j > 0 && strcmp(dir->files[j].name, dir->files[j - 1].name) < 0; j--) {
            struct kadr_file file = dir->files[j];
            dir->files[j] = dir->files[j - 1];
            dir->files[j - 1] = file;
        }
    }
}

int reference_dir_read(struct reference_dir *dir, const char *path, struct kadr_buf *why)
{
    char catalogue[MAX_PATH_BYTES];
    *dir = (struct reference_dir){ 0 };
    int len = snprintf(catalogue, sizeof(catalogue), "%s/" CATALOGUE, path);
    if (len < 0 || (size_t)len >= sizeof(catalogue)) {
        kadr_buf_printf(why, "%s: too long a path", path);
        return KADR_EFULL;
    }
    int r = add_file(dir, path, "units.csv", why);
    if (r == 0) {
        r = add_catalogue(dir, catalogue, why);
    }
    sort(dir);
    return r;
}

void reference_dir_done(struct reference_dir *dir)
{
    for (size_t i = 0; i < dir->count; i++) {
        kadr_buf_done(&dir->content[i]);
    }
    dir->count = 0;
}
