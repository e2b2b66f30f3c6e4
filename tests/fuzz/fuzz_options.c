/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a configuration file: loaded within the table's bounds, or refused with file and line. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "edge/options.h"
#include "fuzz.h"

struct config {
    const char *listen, *data;
    int64_t peers, bytes, tick_ns;
    bool strict;
    int level;
    int32_t day;
};

#define FIELD(name) offsetof(struct config, name)
static const struct kadr_option table[] = {
    { "listen", KADR_OPTION_ENDPOINT, FIELD(listen), "tcp://127.0.0.1:7702", 0, 0, "endpoint" },
    { "data", KADR_OPTION_PATH, FIELD(data), "data", 0, 0, "directory" },
    { "peers", KADR_OPTION_INT, FIELD(peers), "16", 1, 4096, "connections" },
    { "bytes", KADR_OPTION_SIZE, FIELD(bytes), "1M", 1, INT64_C(1) << 40, "size" },
    { "tick", KADR_OPTION_DURATION, FIELD(tick_ns), "250ms", 1, INT64_C(3600000000000), "duration" },
    { "strict", KADR_OPTION_BOOL, FIELD(strict), "yes", 0, 0, "switch" },
    { "log_level", KADR_OPTION_LEVEL, FIELD(level), "info", 0, 0, "level" },
    { "day", KADR_OPTION_DAY, FIELD(day), "", 0, 0, "day" },
};

/* The file of this process, rewritten for each input and gone with it. */
static void write_input(char path[], const uint8_t *data, size_t size)
{
    int fd = mkstemp(path);
    KADR_ASSERT(fd >= 0);
    for (size_t done = 0; done < size;) {
        ssize_t n = write(fd, data + done, size - done);
        KADR_ASSERT(n > 0);
        done += (size_t)n;
    }
    KADR_ASSERT(close(fd) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct kadr_options options = { "storaged", table, KADR_COUNT(table) };
    char path[] = "/tmp/kadr-fuzz-options-XXXXXX";
    write_input(path, data, size);
    char program[] = "fuzz";
    char *argv[] = { program, NULL };
    struct config config;
    memset(&config, 0, sizeof(config));
    struct kadr_option_values *values = NULL;
    int rest = 0;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf text;
    kadr_buf_init(&text, 0);
    int rc = kadr_options_load(&options, path, 1, argv, &config, &values, &rest, &text);
    KADR_ASSERT(unlink(path) == 0);
    if (rc != 0) {
        KADR_ASSERT(text.len > 0);
        return 0;
    }
    KADR_ASSERT(config.peers >= 1 && config.peers <= 4096 && config.bytes >= 1 && config.tick_ns >= 1);
    kadr_options_print(&options, values, &text);
    KADR_ASSERT(text.err == 0);
    kadr_option_values_free(values);
    return 0;
}
