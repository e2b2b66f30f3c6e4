/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* unit_order.h - the order in which tables for people list units: a unit before what lies in it, and what
 * lies in one unit by name, as the language's alphabet has it. Machine output is in the order of the codes.
 */
#include "domain/reference.h"

/* Appends bytes that compare (memcmp, then length) in this order. @param code  none of `names`: by itself */
void unit_order_key(enum kadr_lang lang, const struct kadr_reference *names, const char *code,
                    struct kadr_buf *out);
