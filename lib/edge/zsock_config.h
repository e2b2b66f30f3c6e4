/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* zsock_config.h - checks a socket's configuration and fills in what was left open. Private to zsock.c; knows
 * nothing of ZeroMQ.
 */
#include "edge/zsock.h"

#define KADR_ZSOCK_ENDPOINT_BYTES 256

/* @retval KADR_EINVAL  no endpoint, too long, or not tcp://, ipc:// or inproc:// */
KADR_MUST_CHECK int kadr_zsock_complete(struct kadr_zsock_config *config);
