/* SPDX-License-Identifier: Apache-2.0 */
/* The listening sockets. They are opened here and handed to the library, so that what is wrong can be said in
 * a sentence that names the address, and so that a stale socket file is replaced only when nobody answers. */
#include "core/server/inner.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { IO = 74, CONFIGURATION = 78 };

bool listen_parse(const char *text, struct sockaddr_storage *address, socklen_t *size)
{
    char host[64];
    struct sockaddr_in *four = (struct sockaddr_in *)address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;
    bool is_six = text[0] == '[';
    const char *end = is_six ? strstr(text, "]:") : strrchr(text, ':');
    size_t n = end ? (size_t)(end - text) - is_six : 0;
    const char *digits = end ? end + 1 + is_six : "";
    size_t digits_n = strspn(digits, "0123456789");
    if (!end || n >= sizeof host || !digits_n || digits_n > 5 || digits[digits_n] ||
        strtol(digits, NULL, 10) > 65535)
        return false;
    memcpy(host, text + is_six, n);
    host[n] = '\0';
    memset(address, 0, sizeof *address);
    in_port_t port = htons((uint16_t)strtol(digits, NULL, 10));
    if (is_six) {
        *six = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = port};
        *size = sizeof *six;
        return inet_pton(AF_INET6, host, &six->sin6_addr) == 1;
    }
    *four = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = port};
    *size = sizeof *four;
    return inet_pton(AF_INET, strcmp(host, "localhost") ? host : "127.0.0.1", &four->sin_addr) == 1;
}

void address_text(const struct sockaddr *address, char out[INET6_ADDRSTRLEN])
{
    out[0] = '\0';
    if (address->sa_family == AF_INET) {
        inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, out, INET6_ADDRSTRLEN);
    } else if (address->sa_family == AF_INET6) {
        const struct in6_addr *six = &((const struct sockaddr_in6 *)address)->sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(six))
            inet_ntop(AF_INET, six->s6_addr + 12, out, INET6_ADDRSTRLEN);
        else
            inet_ntop(AF_INET6, six, out, INET6_ADDRSTRLEN);
    }
}

bool address_loopback(const struct sockaddr *address)
{
    char text[INET6_ADDRSTRLEN];
    address_text(address, text);
    return !strncmp(text, "127.", 4) || !strcmp(text, "::1");
}

static int fail(listener *l, error *e, const char *where, int code)
{
    if (code == EADDRINUSE)
        error_set(e, "listen.%s: %s is in use by another program: end it or choose another port",
                  l->door->name, where);
    else
        error_set(e, "listen.%s: cannot listen on %s (%s)", l->door->name, where, strerror(code));
    listen_close(l);
    return IO;
}

int listen_tcp(listener *l, const char *text, error *e)
{
    struct sockaddr_storage address;
    socklen_t size;
    int yes = 1;
    if (!listen_parse(text, &address, &size)) {
        error_set(e, "listen.%s: \"%s\" is no address with a port such as \"127.0.0.1:8077\"", l->door->name,
                  text);
        return CONFIGURATION;
    }
    l->loopback = address_loopback((struct sockaddr *)&address);
    l->fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (l->fd < 0 || setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) ||
        bind(l->fd, (struct sockaddr *)&address, size) || listen(l->fd, SOMAXCONN) ||
        getsockname(l->fd, (struct sockaddr *)&address, &size))
        return fail(l, e, text, errno);
    l->port = ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                                  : ((struct sockaddr_in *)&address)->sin_port);
    return 0;
}

/* "::ffff:127.0.0.1" is the same address as "127.0.0.1": both are written one way. */
void address_normal(const char *text, char out[INET6_ADDRSTRLEN])
{
    struct sockaddr_storage parsed;
    socklen_t size;
    char with_port[INET6_ADDRSTRLEN + 8];
    snprintf(with_port, sizeof with_port, strchr(text, ':') ? "[%.45s]:0" : "%.45s:0", text);
    out[0] = '\0';
    if (listen_parse(with_port, &parsed, &size))
        address_text((struct sockaddr *)&parsed, out);
}

/* ---- the control socket ---- */

/* Nobody listens at a socket file that refuses; whoever answers is another daemon. */
static int make_room(listener *l, const struct sockaddr_un *address, error *e)
{
    struct stat st;
    if (lstat(address->sun_path, &st))
        return 0;
    int fd = S_ISSOCK(st.st_mode) ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) : -1;
    bool stale = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) &&
                 errno == ECONNREFUSED && !unlink(address->sun_path);
    if (fd >= 0)
        close(fd);
    if (stale)
        return 0;
    error_set(e, "listen.%s: %s is there already and is not a stale socket: another daemon may use it",
              l->door->name, address->sun_path);
    return IO;
}

int listen_unix(listener *l, const char *path, error *e)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat st;
    l->fd = -1;
    if (strlen(path) >= sizeof address.sun_path) {
        error_set(e, "listen.%s: \"%s\" is too long for a socket's path (%zu characters at the most)",
                  l->door->name, path, sizeof address.sun_path - 1);
        return CONFIGURATION;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    if (make_room(l, &address, e))
        return IO;
    l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* The mode of the descriptor is the mode the file is born with: never open wider, not for a moment. */
    if (l->fd < 0 || fchmod(l->fd, 0660) || bind(l->fd, (struct sockaddr *)&address, sizeof address))
        return fail(l, e, path, errno);
    l->socket_path = strdup(path);
    if (!l->socket_path || chmod(path, 0660) || lstat(path, &st) || listen(l->fd, SOMAXCONN))
        return fail(l, e, path, errno);
    l->device = st.st_dev;
    l->inode = st.st_ino;
    l->uid = st.st_uid;
    l->gid = st.st_gid;
    return 0;
}

/* Takes the socket's file away, unless it is another's by now. */
void listen_close(listener *l)
{
    struct stat st;
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
    if (l->socket_path && !lstat(l->socket_path, &st) && st.st_dev == l->device && st.st_ino == l->inode)
        unlink(l->socket_path);
    free(l->socket_path);
    l->socket_path = NULL;
}
