/* SPDX-License-Identifier: Apache-2.0 */
/* The sd_notify protocol: one datagram to the socket that the service manager names. Best effort: without the
 * variable, or when nobody listens, the daemon works all the same.
 */
#include "edge/daemon.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* The address, and its length in use; 0 when there is none to speak to. */
static socklen_t manager_address(struct sockaddr_un *ret_address)
{
    const char *path = getenv("NOTIFY_SOCKET");
    size_t len = path ? strlen(path) : 0;
    if (len < 2 || len >= sizeof ret_address->sun_path || (path[0] != '/' && path[0] != '@')) {
        return 0;
    }
    *ret_address = (struct sockaddr_un){ .sun_family = AF_UNIX };
    memcpy(ret_address->sun_path, path, len);
    if (path[0] == '@') {
        ret_address->sun_path[0] = '\0'; /* abstract namespace */
    }
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

void kadr_notify(const char *state)
{
    struct sockaddr_un address;
    socklen_t len = manager_address(&address);
    int fd = len ? socket(AF_UNIX, SOCK_DGRAM, 0) : -1;
    if (fd < 0) {
        return;
    }
    (void)sendto(fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT, (const struct sockaddr *)&address,
                 len);
    (void)close(fd);
}
