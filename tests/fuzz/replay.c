/* SPDX-License-Identifier: Apache-2.0 */
/* replay.c - runs a fuzz target over its corpus without libFuzzer, so that every build of the test suite
 * does.
 *
 * Each input is tried as it stands, cut off at every length (up to a bound) and with bytes changed by a small
 * generator whose seed is the file's position: the same inputs in every run. Each try is a copy of its exact
 * size on the heap, so that a sanitizer sees a read one byte behind the end.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "fuzz.h"

#define MAX_PREFIXES 1024
#define MAX_CHANGES  512

static void try_bytes(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    KADR_ASSERT(copy != NULL);
    if (size > 0) {
        memcpy(copy, data, size);
    }
    (void)LLVMFuzzerTestOneInput(copy, size); /* always 0 by libFuzzer's contract */
    free(copy);
}

static uint64_t next_random(uint64_t *state) /* splitmix64 */
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void try_variants(struct kadr_buf *input, uint64_t seed)
{
    try_bytes(input->data, input->len);
    for (size_t len = 0; len < input->len && len < MAX_PREFIXES; len++) {
        try_bytes(input->data, len);
    }
    for (size_t i = 0; i < MAX_CHANGES && input->len > 0; i++) {
        uint64_t random = next_random(&seed);
        uint8_t *byte = &input->data[(random >> 16) % input->len];
        uint8_t before = *byte;
        *byte = (uint8_t)random;
        try_bytes(input->data, input->len);
        *byte = before;
    }
}

static bool read_file(const char *path, struct kadr_buf *out)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return false;
    }
    char chunk[4096];
    size_t got;
    while ((got = fread(chunk, 1, sizeof(chunk), file)) > 0) {
        kadr_buf_add(out, chunk, got);
    }
    bool fine = ferror(file) == 0 && out->err == 0;
    return fclose(file) == 0 && fine;
}

static size_t replay_directory(const char *directory)
{
    size_t count = 0;
    DIR *dir = opendir(directory);
    struct dirent *entry;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        KADR_CLEANUP(kadr_buf_done) struct kadr_buf path, input;
        kadr_buf_init(&path, 0);
        kadr_buf_init(&input, 0);
        kadr_buf_printf(&path, "%s/%s", directory, entry->d_name);
        if (!read_file(kadr_buf_str(&path), &input)) {
            (void)fprintf(stderr, "cannot read %s\n", kadr_buf_str(&path));
            exit(1);
        }
        try_variants(&input, count++);
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    return count;
}

int main(int argc, char **argv)
{
    size_t count = argc == 2 ? replay_directory(argv[1]) : 0;
    if (count == 0) {
        (void)fprintf(stderr, "usage: %s CORPUS-DIRECTORY (with at least one file)\n", argv[0]);
        return 1;
    }
    (void)printf("%zu inputs with their prefixes and changes\n", count);
    return 0;
}
