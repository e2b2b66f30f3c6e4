/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* shipped.h - the reference data that ships, for tests that run in the source root. */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "domain/reference.h"

/* Whole file; free() the data. Fails the test when it cannot be read. */
static inline struct kadr_bytes read_whole(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct kadr_buf buf;
    char block[4096];
    size_t len;

    assert_non_null(file);
    kadr_buf_init(&buf, 0);
    while ((len = fread(block, 1, sizeof(block), file)) > 0) {
        kadr_buf_add(&buf, block, len);
    }
    assert_int_equal(ferror(file), 0);
    fclose(file);
    len = buf.len;
    return (struct kadr_bytes){ (const uint8_t *)kadr_buf_take(&buf), len };
}

static inline void free_bytes(struct kadr_bytes bytes)
{
    free((void *)(uintptr_t)bytes.data);
}

#define SHIPPED_FILES 3
static inline void shipped_files(struct kadr_file files[SHIPPED_FILES])
{
    files[0] = (struct kadr_file){ "units.csv", read_whole("config/units.csv") };
    files[1] = (struct kadr_file){ "indicators.csv", read_whole("config/catalogue/indicators.csv") };
    files[2] = (struct kadr_file){ "members.csv", read_whole("config/catalogue/members.csv") };
}

static inline struct kadr_reference *shipped_reference(void)
{
    struct kadr_file files[SHIPPED_FILES];
    struct kadr_reference *reference = NULL;

    shipped_files(files);
    assert_int_equal(kadr_reference_load(files, SHIPPED_FILES, NULL, &reference), 0);
    for (size_t i = 0; i < SHIPPED_FILES; i++) {
        free_bytes(files[i].bytes);
    }
    return reference;
}
