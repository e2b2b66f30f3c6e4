/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* err.h - the closed set of error codes. Functions return 0 or one of these, negative; a result is written to
 * the last parameters (ret_*) only on success. Foreign codes are mapped once, in the file that wraps the
 * library.
 */
enum kadr_err {
    KADR_OK = 0,
    KADR_EINVAL = -1,   /* malformed or out of range */
    KADR_ENOMEM = -2,   /* out of memory, or over the cap of an arena */
    KADR_ENOENT = -3,   /* not there */
    KADR_EEXIST = -4,   /* there already */
    KADR_EFULL = -5,    /* a limit of limits.h is reached; nothing was changed */
    KADR_EAGAIN = -6,   /* not now; try again */
    KADR_EIO = -7,      /* disk or network failed */
    KADR_ECORRUPT = -8, /* stored bytes are not what was written */
    KADR_EVERSION = -9, /* a format or protocol version this program does not speak */
    KADR_EPERM = -10,   /* not allowed */
    KADR_ETIMEOUT = -11,
    KADR_EBUSY = -12,  /* another process or peer holds it */
    KADR_EPROTO = -13, /* the peer broke the protocol */
    KADR_ENOSPC = -14, /* disk or map is full */
    KADR_ECANCELED = -15
};

/* English text for logs; never NULL. */
const char *kadr_strerror(int err);

/* sysexits(3), as documented in kadr(1) */
enum kadr_exit {
    KADR_EXIT_OK = 0,
    KADR_EXIT_SOME_REJECTED = 1,
    KADR_EXIT_USAGE = 64,
    KADR_EXIT_DATA = 65,
    KADR_EXIT_NOINPUT = 66,
    KADR_EXIT_UNAVAILABLE = 69,
    KADR_EXIT_SOFTWARE = 70,
    KADR_EXIT_CANTCREAT = 73,
    KADR_EXIT_IOERR = 74,
    KADR_EXIT_TEMPFAIL = 75, /* safe in the outbox, not sent */
    KADR_EXIT_NOPERM = 77,
    KADR_EXIT_CONFIG = 78
};
