// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// What Swift cannot say to the kernel by itself: calls whose structures hold unions or
// variable-length addresses, handlers that run inside a signal, and a thread-local word.
// Every function takes and returns scalars; a negative result is -errno.

#ifndef GALE_CSYSTEM_H
#define GALE_CSYSTEM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#if __has_attribute(__swift_attr__)
#define GALE_SAFE __attribute__((__swift_attr__("safe")))
#else
#define GALE_SAFE
#endif

#pragma clang assume_nonnull begin

// --- the loop of this thread -------------------------------------------------------------
// Swift has no thread-local storage; pthread_getspecific costs a call on the hot path.
extern _Thread_local void *_Nullable gale_thread_loop __attribute__((tls_model("initial-exec")));
static inline void *_Nullable gale_get_thread_loop(void) { return gale_thread_loop; }
static inline void gale_set_thread_loop(void *_Nullable loop) { gale_thread_loop = loop; }

// --- readiness ---------------------------------------------------------------------------
enum {
  gale_readable = 0x001,  // EPOLLIN
  gale_writable = 0x004,  // EPOLLOUT
  gale_error = 0x008,     // EPOLLERR
  gale_hang_up = 0x010,   // EPOLLHUP
  gale_peer_closed = 0x2000,  // EPOLLRDHUP
};

// One ready descriptor: struct epoll_event keeps these in a union, which Swift sees as unsafe.
struct gale_event {
  uint32_t events;
  int32_t descriptor;
  uint32_t generation;
};

int gale_epoll_create(void) GALE_SAFE;
int gale_epoll_add(int epoll, int descriptor, uint32_t generation, uint32_t events, int edge) GALE_SAFE;
int gale_epoll_modify(int epoll, int descriptor, uint32_t generation, uint32_t events, int edge) GALE_SAFE;
int gale_epoll_remove(int epoll, int descriptor) GALE_SAFE;
// Waits at most `milliseconds` (-1: for ever). Returns how many of `capacity` events were filled in.
int gale_epoll_wait(int epoll, struct gale_event *events, int capacity, int milliseconds);

// A counter that wakes a waiting loop from any thread.
int gale_eventfd(void) GALE_SAFE;
void gale_eventfd_signal(int descriptor) GALE_SAFE;
void gale_eventfd_clear(int descriptor) GALE_SAFE;

// --- libdispatch's main queue ------------------------------------------------------------
// What Foundation's run loop serves it by; exported, and declared in no public header. The descriptor is
// readable while the queue has something to run. Only for the process's first thread.
int gale_main_queue_descriptor(void) GALE_SAFE;
void gale_main_queue_drain(void) GALE_SAFE;
int gale_is_first_thread(void) GALE_SAFE;

// How long the kernel lets the calling thread run before another's turn, in nanoseconds; 0 where it does not say (before
// Linux 6.12, or a thread with a policy of its own).
int64_t gale_time_slice(void) GALE_SAFE;
// Asks for another length, from 100,000 to 100,000,000; 0 for the kernel's own.
int gale_set_time_slice(int64_t nanoseconds) GALE_SAFE;

// --- signals -----------------------------------------------------------------------------
// Installs a handler that writes the signal's number to `pipe_writer`, whichever thread it
// interrupts: a blocked mask would have to hold in threads that we did not start.
int gale_signal_to_pipe(int signal, int pipe_writer) GALE_SAFE;
int gale_signal_default(int signal) GALE_SAFE;
int gale_signal_ignore(int signal) GALE_SAFE;
int gale_pipe(int *reader, int *writer);

// --- sockets -----------------------------------------------------------------------------
// An address without its union: family 4, 6 or 1 (a path), network-order bytes, host-order port.
struct gale_address {
  uint8_t family;
  uint8_t length;       // of bytes: 4, 16, or the path's
  uint16_t port;
  uint32_t scope;
  uint8_t bytes[108];
};

int gale_socket(int family, int type) GALE_SAFE;  // family as above; non-blocking, close-on-exec
int gale_bind(int descriptor, const struct gale_address *address);
int gale_connect(int descriptor, const struct gale_address *address);
int gale_listen(int descriptor, int backlog) GALE_SAFE;
int gale_is_listening(int descriptor) GALE_SAFE;  // 1, 0, or -errno for what is no stream socket
int gale_set_close_on_exec(int descriptor) GALE_SAFE;
int gale_accept(int listener, struct gale_address *peer);
int gale_local_address(int descriptor, struct gale_address *address);
int gale_peer_address(int descriptor, struct gale_address *address);
int gale_socket_error(int descriptor) GALE_SAFE;
int gale_set_nodelay(int descriptor, int on) GALE_SAFE;
int gale_set_reuse(int descriptor, int address, int port, int v6only) GALE_SAFE;
int gale_set_bind_no_port(int descriptor) GALE_SAFE;
int gale_set_send_buffer(int descriptor, int byte_count) GALE_SAFE;
int gale_set_nonblocking(int descriptor) GALE_SAFE;
// Numeric and named hosts alike; fills at most `capacity` addresses, returns how many, or
// -1000 + EAI code (which is negative).
int gale_resolve(const char *_Nullable host, int family, int flags, uint16_t port,
                 struct gale_address *addresses, int capacity);
const char *gale_resolve_message(int code);
int gale_socket_pair(int *first, int *second);

ssize_t gale_read(int descriptor, void *_Nullable bytes, size_t count);
ssize_t gale_recv(int descriptor, void *_Nullable bytes, size_t count);
ssize_t gale_write(int descriptor, const void *_Nullable bytes, size_t count);
ssize_t gale_send(int descriptor, const void *_Nullable bytes, size_t count, int more);
ssize_t gale_send2(int descriptor, const void *first, size_t first_count, const void *second, size_t second_count);
ssize_t gale_sendfile(int socket, int file, int64_t offset, size_t count) GALE_SAFE;
int gale_shutdown_write(int descriptor) GALE_SAFE;
int gale_enable_kernel_tls(int descriptor) GALE_SAFE;  // of a connection: the keys are set later
int gale_close(int descriptor) GALE_SAFE;
// Closes with a reset: what was queued is dropped and the peer sees that the answer was cut.
int gale_close_reset(int descriptor) GALE_SAFE;
int gale_poll_one(int descriptor, uint32_t events, int milliseconds) GALE_SAFE;

// --- files -------------------------------------------------------------------------------
struct gale_file_status {
  int64_t size;
  int64_t modified_seconds;
  int64_t modified_nanoseconds;
  uint64_t inode;
  uint64_t device;
  int is_regular;
  int is_directory;
};
int gale_open_read(const char *path);
// The same, but −ELOOP when a part of the path is a symbolic link, and −ENOSYS where the system cannot tell.
int gale_open_read_without_links(const char *path);
int gale_open_append(const char *path);  // made if need be, for its owner only
int gale_file_status(int descriptor, struct gale_file_status *status);
int gale_path_status(const char *path, struct gale_file_status *status);

// Tells of changes in directories. Adding needs a path; draining says whether there was anything.
int gale_inotify(void) GALE_SAFE;
int gale_inotify_add(int descriptor, const char *directory);
int gale_inotify_drain(int descriptor) GALE_SAFE;

// --- clocks and the process ----------------------------------------------------------------
int64_t gale_monotonic_nanoseconds(void) GALE_SAFE;
int64_t gale_wall_seconds(void) GALE_SAFE;      // the kernel's coarse clock: right to a few ms, no system call
int64_t gale_wall_nanoseconds(void) GALE_SAFE;
int64_t gale_descriptor_limit(int raise_to_hard) GALE_SAFE;
int64_t gale_resident_bytes(void) GALE_SAFE;

// Memory that processes can share: a file without a name (memfd_create(2)).
int gale_shared_memory(const char *name, int64_t byte_count);

// --- child processes -----------------------------------------------------------------------
// posix_spawn's attributes are opaque structures, and siginfo_t is a union.
struct gale_spawn {
  const char *block;            // NUL-terminated strings: the program, the arguments, then the environment
  int32_t argument_count;       // the program's own name included
  int32_t environment_count;    // -1: that of this process
  const char *_Nullable directory;
  int32_t standard[3];          // what becomes descriptor 0, 1, 2; -1: that of this process
  const int32_t *_Nullable passed;  // descriptors that keep their number, in ascending order
  int32_t passed_count;
  int32_t new_session;
  int32_t new_group;
};
// Starts a program, looked up in PATH, with default signal handling and no descriptors but those named.
// Returns its process id.
int gale_spawn(const struct gale_spawn *what);
// Replaces this process by a new run of a program: `block` holds its path and `argument_count` arguments, each with a
// NUL behind it. Of the open descriptors it gets the standard streams and those `kept`. Returns only if it fails.
int gale_replace_process(const char *block, int argument_count, const int32_t *_Nullable kept, int kept_count);
// Both ends block, and are closed on exec: for a child, which expects it so.
int gale_blocking_pipe(int *reader, int *writer);
int gale_open_null(void) GALE_SAFE;
// A descriptor that becomes readable when the process ends.
int gale_pidfd_open(int process) GALE_SAFE;
int gale_pidfd_signal(int pidfd, int signal) GALE_SAFE;
// 1 and its end (status: exit code, or minus the signal) once the process has ended, else 0. Takes the
// zombie away.
int gale_pidfd_wait(int pidfd, int *status);
// The same by process id; waits for the end if `block`.
int gale_process_wait(int process, int block, int *status);
// The variables of this process, one by one; NULL behind the last.
const char *_Nullable gale_environment(int index);
int gale_processor_count(void) GALE_SAFE;  // those that this process may use
// Has this process get `signal` when the process that started it ends; 0, or -1 when that has ended already.
int gale_end_with_parent(int signal, int parent) GALE_SAFE;
int gale_close_on_exec(int descriptor) GALE_SAFE;
// Whether processes whose parents have ended become children of this one: the first process, or a subreaper (prctl(2)).
int gale_inherits_orphans(void) GALE_SAFE;
// A child that has ended and was not waited for yet; 0 when there is none. It stays so.
int gale_ended_child(void) GALE_SAFE;

#pragma clang assume_nonnull end
#endif
