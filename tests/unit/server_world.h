/* SPDX-License-Identifier: Apache-2.0 */
/* A server over real sockets, with a real journal and a real engine whose sources expand nothing; the API is
 * a fake that shows what it was asked. */
#ifndef TESTS_SERVER_WORLD_H
#define TESTS_SERVER_WORLD_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/env.h"
#include "core/server/server.h"

extern char world_dir[64];
extern api_world world;
extern server *world_server;
extern const char *world_not_ready; /* what api_not_ready says */

void world_open(void); /* fixture: journal, engine; with world_queue bytes of queue */
void world_close(void);
extern size_t world_queue;
void world_start(server_options o);
void world_path(const char *name, char out[96]);
int64_t world_received(const char *connection);

/* The writer's thread is held between these two. */
void world_hold_writer(void);
void world_free_writer(void);
/* Calls of the fake API wait between these two; how many do. */
void world_hold_calls(void);
void world_free_calls(void);
int world_calls_held(void);

/* Raw sockets. */
int dial(const char *listener);
int dial_from(const char *listener, const char *source); /* an address of 127.0.0.0/8 */
int dial_path(const char *path);
void say(int fd, const char *text);
char *hear(int fd);  /* one answer, head and body; "" when it closed without; the caller frees */
bool closed(int fd); /* nothing comes any more: the other end closed */
int status_of(const char *answer);
/* One request on a connection of its own: says it, hears one answer, hangs up. */
char *ask(const char *listener, const char *text);
int ask_status(const char *listener, const char *text);

#define POST(name, credentials, body_n, body)                                                                \
    "POST /events/" name " HTTP/1.1\r\nHost: x\r\nAuthorization: Basic " credentials                         \
    "\r\nContent-Length: " body_n "\r\n\r\n" body
#define STRICT "dTpwYXNz" /* u:pass */
#define KIND "azprYXNz"   /* k:kass */

#endif
