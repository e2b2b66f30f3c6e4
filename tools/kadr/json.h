/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* json.h - the tool's JSON: keys in a fixed order, figures at scale 1 as integers and else as reals, hex for
 * ids and digests, null for an open end, for "not expected" and for what is not known. Never translated.
 */
#include <jansson.h>

#include "client/report_csv.h"
#include "wire/wire.h"

/* @param reference  for the measure; NULL: null */
json_t *json_of_cell(const struct kadr_reference *reference, const struct kadr_wire_cell *cell,
                     kadr_day as_of);
/* lo, hi, known_hi, incomplete and basis of a cell, into an object. */
void json_set_value(json_t *object, const struct kadr_wire_cell *cell);
json_t *json_of_figure(int64_t figure, int32_t scale, bool open); /* null when open */
json_t *json_of_unexplained(const struct kadr_cell *cell, int32_t scale);
/* {"lineage", "commit", "as_of", "reference"} */
json_t *json_of_state(const struct kadr_position *position);
/* The same with "cells": [] */
json_t *json_of_position(const struct kadr_position *position);
json_t *json_of_diag(const struct kadr_diag *diag);
/* All of them, and how many were not listed. */
json_t *json_of_diags(const struct kadr_diags *diags);

/* A receipt's diagnostic; its column is found again by the file's places. */
/* The same diagnostics in the order of their lines; takes `diags` over. */
json_t *json_by_line(json_t *diags);
json_t *json_of_wire_diag(const struct kadr_wire_diag *diag, const struct kadr_csv_places *places);
json_t *json_of_receipt(const struct kadr_receipt *receipt, const struct kadr_csv_places *places);
json_t *json_of_hex(const void *data, size_t len);
json_t *json_of_digest(const struct kadr_digest *digest);
/* null when open */
json_t *json_of_figure(int64_t figure, int32_t scale, bool open);
json_t *json_of_day(kadr_day day); /* null for KADR_DAY_NONE */
json_t *json_of_figure(int64_t figure, int32_t scale, bool open);
json_t *json_of_measure(const struct kadr_reference *reference, const char *indicator);

/* Give the value away; the program ends (70) when there is no memory. */
void json_set(json_t *object, const char *key, json_t *value);
void json_append(json_t *array, json_t *value);

/* One line on stdout; gives the value away. @retval KADR_EIO / KADR_ENOMEM */
KADR_MUST_CHECK int json_print(json_t *value);
