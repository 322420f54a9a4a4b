// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// The load of bench.py's WebSocket and TCP tests: CONNECTIONS clients on one epoll loop, each with one text message of
// SIZE bytes in flight; every echo is compared byte by byte. With the path "-" the bytes are sent as they are, over TCP.
//   wsload PORT PATH CONNECTIONS SECONDS SIZE
// The last line: report, messages, median and 99th percentile in µs, duration in µs.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { SLOWEST = 1000000 };
struct client {
  int fd, have;
  uint64_t sent;
  unsigned char *in;
};
static unsigned char *frame, *answer;
static int frame_count, answer_count;
static unsigned histogram[SLOWEST + 1];

static void stop(const char *what) {
  fprintf(stderr, "wsload: %s\n", what);
  exit(1);
}

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000ull + time.tv_nsec / 1000;
}

// Appends a header for `size` bytes; `mask` is 0x80 or 0.
static int header(unsigned char *at, int size, int mask) {
  at[0] = 0x81;
  if (size < 126) return at[1] = mask | size, 2;
  if (size < 65536) return at[1] = mask | 126, at[2] = size >> 8, at[3] = size, 4;
  at[1] = mask | 127;
  for (int i = 0; i < 8; i++) at[2 + i] = (uint64_t)size >> (56 - 8 * i);
  return 10;
}

static void make_frames(int size, int plain) {
  static const unsigned char key[4] = {0x5a, 0x11, 0xc3, 0x7e};
  frame = malloc(size + 14), answer = malloc(size + 10);
  if (!plain) {
    frame_count = header(frame, size, 0x80), answer_count = header(answer, size, 0);
    memcpy(frame + frame_count, key, 4), frame_count += 4;
  }
  for (int i = 0; i < size; i++) {
    unsigned char letter = 'a' + i % 26;
    answer[answer_count++] = letter;
    frame[frame_count++] = plain ? letter : letter ^ key[i & 3];
  }
}

static void put(struct client *client) {
  client->sent = now();
  for (int done = 0; done < frame_count;) {
    ssize_t count = send(client->fd, frame + done, frame_count - done, MSG_NOSIGNAL);
    if (count < 0) stop("cannot send");
    done += count;
  }
}

static void start(struct client *client, int port, const char *path) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  char text[1024];
  int one = 1, have = 0;
  client->fd = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect(client->fd, (void *)&to, sizeof to)) stop("cannot connect");
  if (!strcmp(path, "-")) return;
  int count = snprintf(text, sizeof text,
      "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n", path, port);
  if (send(client->fd, text, count, 0) != count) stop("cannot send");
  do {
    if (have == sizeof text - 1 || recv(client->fd, text + have, 1, 0) != 1) stop("no handshake");
    text[++have] = 0;
  } while (have < 4 || strcmp(text + have - 4, "\r\n\r\n"));
  if (strncmp(text, "HTTP/1.1 101", 12) || !strstr(text, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")) stop("no WebSocket");
}

int main(int argc, char **argv) {
  if (argc != 6) stop("wsload PORT PATH CONNECTIONS SECONDS SIZE");
  int connections = atoi(argv[3]), poll = epoll_create1(0);
  make_frames(atoi(argv[5]), !strcmp(argv[2], "-"));
  struct client *clients = calloc(connections, sizeof *clients);
  for (int i = 0; i < connections; i++) {
    start(&clients[i], atoi(argv[1]), argv[2]);
    clients[i].in = malloc(answer_count + 1);
    epoll_ctl(poll, EPOLL_CTL_ADD, clients[i].fd, &(struct epoll_event){.events = EPOLLIN, .data.ptr = &clients[i]});
  }
  uint64_t begin = now(), end = begin + atof(argv[4]) * 1e6, messages = 0, at = begin;
  for (int i = 0; i < connections; i++) put(&clients[i]);
  while (at < end) {
    struct epoll_event events[256];
    int ready = epoll_wait(poll, events, 256, 1000);
    for (int i = 0; i < ready; i++) {
      struct client *client = events[i].data.ptr;
      ssize_t count = recv(client->fd, client->in + client->have, answer_count + 1 - client->have, 0);
      if (count <= 0) stop("the server closed a connection");
      client->have += count;
      if (client->have < answer_count) continue;
      if (client->have > answer_count || memcmp(client->in, answer, answer_count)) stop("a wrong echo");
      at = now();
      uint64_t took = at - client->sent;
      histogram[took > SLOWEST ? SLOWEST : took]++;
      messages++, client->have = 0;
      put(client);
    }
    at = now();
  }
  uint64_t seen = 0, median = 0, slow = 0;
  for (unsigned i = 0; i <= SLOWEST && seen * 100 < messages * 99; i++) {
    seen += histogram[i];
    if (!median && seen * 2 >= messages) median = i;
    slow = i;
  }
  printf("report\t%llu %llu %llu %llu\n", (unsigned long long)messages, (unsigned long long)median,
         (unsigned long long)slow, (unsigned long long)(at - begin));
}
