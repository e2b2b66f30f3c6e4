/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* fuzz.h - the entry point that every target defines: called by libFuzzer under clang (./dev fuzz) and by
 * replay.c in the test suite. A target states what must hold for any bytes at all, with KADR_ASSERT.
 */
#include "base/defs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
