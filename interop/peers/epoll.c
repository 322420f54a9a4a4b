// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// The floor under every figure: one epoll loop that answers each request head with the same bytes. It counts
// the blank lines in what comes in, one per request, and reads nothing else, so only GET may be sent. Requests
// that arrive together are answered with one send. usage: epoll PORT

#define _GNU_SOURCE  // accept4

#include <arpa/inet.h>
#include <err.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 512, BATCH = 64, DESCRIPTORS = 1 << 20 };

static char answers[BATCH * 256];  // the answer, BATCH times over
static size_t answer_length;
static unsigned char matched[DESCRIPTORS];  // how much of "\r\n\r\n" a connection's bytes so far end with

static void write_answers(time_t now) {
  char date[32];
  strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime(&now));
  answer_length = (size_t)snprintf(answers, 256,
                                   "HTTP/1.1 200 OK\r\nServer: epoll\r\nDate: %s\r\n"
                                   "Content-Type: text/plain\r\nContent-Length: 12\r\n\r\nHello, world",
                                   date);
  for (size_t i = 1; i < BATCH; i++) memcpy(answers + i * answer_length, answers, answer_length);
}

// Request heads that end in these bytes.
static size_t count_heads(int fd, const char *bytes, size_t length) {
  unsigned char state = matched[fd];
  size_t heads = 0;
  for (size_t i = 0; i < length; i++) {
    if (bytes[i] == '\n') {
      if (state == 3) heads++;
      state = state == 1 ? 2 : 0;
    } else if (bytes[i] == '\r') {
      state = state == 2 ? 3 : 1;
    } else {
      // Inside a line: on to its end.
      const char *end = memchr(bytes + i, '\r', length - i);
      state = 0;
      if (end == NULL) break;
      i = (size_t)(end - bytes) - 1;
    }
  }
  matched[fd] = state;
  return heads;
}

// False when the connection is over. An answer that the socket has no room for counts as that too.
static int serve(int fd) {
  static char in[65536];
  ssize_t got = recv(fd, in, sizeof in, 0);
  if (got <= 0) return 0;
  for (size_t heads = count_heads(fd, in, (size_t)got); heads > 0;) {
    size_t now = heads < BATCH ? heads : BATCH;
    if (send(fd, answers, now * answer_length, MSG_NOSIGNAL) != (ssize_t)(now * answer_length)) return 0;
    heads -= now;
  }
  return 1;
}

int main(int argc, char **argv) {
  if (argc != 2) errx(2, "usage: epoll PORT");
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
  setrlimit(RLIMIT_NOFILE, &limit);

  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((unsigned short)atoi(argv[1])),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // connections inherit it
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096)) err(1, "listen");

  int loop = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[EVENTS];
  epoll_ctl(loop, EPOLL_CTL_ADD, listener, &event);
  for (time_t written = 0;;) {
    int ready = epoll_wait(loop, events, EVENTS, -1);
    time_t now = time(NULL);
    if (now != written) write_answers(written = now);
    for (int i = 0; i < ready; i++) {
      int fd = events[i].data.fd;
      if (fd != listener) {
        if (!serve(fd)) close(fd);
        continue;
      }
      while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        matched[fd] = 0;
        event = (struct epoll_event){.events = EPOLLIN, .data.fd = fd};
        epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event);
      }
    }
  }
}
