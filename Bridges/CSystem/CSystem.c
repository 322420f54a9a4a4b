// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include "CSystem.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

_Static_assert(gale_readable == EPOLLIN && gale_writable == EPOLLOUT && gale_error == EPOLLERR &&
               gale_hang_up == EPOLLHUP && gale_peer_closed == EPOLLRDHUP, "the masks are the kernel's");

_Thread_local void *gale_thread_loop __attribute__((tls_model("initial-exec")));

static int result(int r) { return r < 0 ? -errno : r; }
static ssize_t long_result(ssize_t r) { return r < 0 ? -errno : r; }

// --- readiness ---------------------------------------------------------------------------

static int control(int epoll, int operation, int descriptor, uint32_t generation, uint32_t events, int edge) {
  struct epoll_event event = {.events = events | (edge ? EPOLLET : 0)};
  event.data.u64 = (uint64_t)generation << 32 | (uint32_t)descriptor;
  return result(epoll_ctl(epoll, operation, descriptor, &event));
}

int gale_epoll_create(void) { return result(epoll_create1(EPOLL_CLOEXEC)); }

int gale_epoll_add(int epoll, int descriptor, uint32_t generation, uint32_t events, int edge) {
  return control(epoll, EPOLL_CTL_ADD, descriptor, generation, events, edge);
}

int gale_epoll_modify(int epoll, int descriptor, uint32_t generation, uint32_t events, int edge) {
  return control(epoll, EPOLL_CTL_MOD, descriptor, generation, events, edge);
}

int gale_epoll_remove(int epoll, int descriptor) {
  return control(epoll, EPOLL_CTL_DEL, descriptor, 0, 0, 0);
}

int gale_epoll_wait(int epoll, struct gale_event *events, int capacity, int milliseconds) {
  struct epoll_event ready[256];
  if (capacity > 256) capacity = 256;
  int count = epoll_wait(epoll, ready, capacity, milliseconds);
  if (count < 0) return errno == EINTR ? 0 : -errno;
  for (int i = 0; i < count; i++) {
    events[i].events = ready[i].events;
    events[i].descriptor = (int32_t)(uint32_t)ready[i].data.u64;
    events[i].generation = (uint32_t)(ready[i].data.u64 >> 32);
  }
  return count;
}

int gale_eventfd(void) { return result(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)); }

void gale_eventfd_signal(int descriptor) {
  uint64_t one = 1;
  while (write(descriptor, &one, sizeof one) < 0 && errno == EINTR) {}
}

void gale_eventfd_clear(int descriptor) {
  uint64_t count;
  while (read(descriptor, &count, sizeof count) < 0 && errno == EINTR) {}
}

// --- libdispatch's main queue ------------------------------------------------------------

extern int _dispatch_get_main_queue_handle_4CF(void);
extern void _dispatch_main_queue_callback_4CF(void *message);

int gale_main_queue_descriptor(void) { return _dispatch_get_main_queue_handle_4CF(); }
void gale_main_queue_drain(void) { _dispatch_main_queue_callback_4CF(NULL); }
// sched_setattr(2) as of its first version; the C library has no name for it before glibc 2.41.
struct scheduling {
  uint32_t size, policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime, deadline, period;
};

int64_t gale_time_slice(void) {
  struct scheduling now = {.size = sizeof now};
  if (syscall(SYS_sched_getattr, 0, &now, sizeof now, 0) < 0 || now.policy != SCHED_OTHER) return 0;
  return (int64_t)now.runtime;
}

int gale_set_time_slice(int64_t nanoseconds) {
  struct scheduling wanted = {.size = sizeof wanted};
  if (syscall(SYS_sched_getattr, 0, &wanted, sizeof wanted, 0) < 0) return -errno;
  if (wanted.policy != SCHED_OTHER) return -EINVAL;
  wanted.size = sizeof wanted;
  wanted.runtime = (uint64_t)nanoseconds;
  return result((int)syscall(SYS_sched_setattr, 0, &wanted, 0));
}

int gale_is_first_thread(void) { return syscall(SYS_gettid) == getpid(); }

// --- signals -----------------------------------------------------------------------------

static volatile int signal_pipe = -1;
static volatile pid_t signal_owner;

static void on_signal(int number) {
  // A process that was forked without exec has the pipe, too: what it is told is not for its parent.
  if (getpid() != signal_owner) {
    signal(number, SIG_DFL);
    raise(number);
    return;
  }
  int saved = errno;
  unsigned char byte = (unsigned char)number;
  if (signal_pipe >= 0 && write(signal_pipe, &byte, 1) < 0) { /* full: the loop is about to look anyway */ }
  errno = saved;
}

int gale_signal_to_pipe(int number, int pipe_writer) {
  signal_owner = getpid();
  signal_pipe = pipe_writer;
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  sigfillset(&action.sa_mask);
  return result(sigaction(number, &action, NULL));
}

static int set_handler(int number, void (*handler)(int)) {
  struct sigaction action = {.sa_handler = handler};
  return result(sigaction(number, &action, NULL));
}

int gale_signal_default(int number) { return set_handler(number, SIG_DFL); }
int gale_signal_ignore(int number) { return set_handler(number, SIG_IGN); }

int gale_pipe(int *reader, int *writer) {
  int ends[2];
  if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) < 0) return -errno;
  *reader = ends[0];
  *writer = ends[1];
  return 0;
}

// --- sockets -----------------------------------------------------------------------------

static socklen_t to_raw(const struct gale_address *from, struct sockaddr_storage *to) {
  memset(to, 0, sizeof *to);
  if (from->family == 4) {
    struct sockaddr_in *in = (struct sockaddr_in *)to;
    in->sin_family = AF_INET;
    in->sin_port = htons(from->port);
    memcpy(&in->sin_addr, from->bytes, 4);
    return sizeof *in;
  }
  if (from->family == 6) {
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)to;
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(from->port);
    in6->sin6_scope_id = from->scope;
    memcpy(&in6->sin6_addr, from->bytes, 16);
    return sizeof *in6;
  }
  struct sockaddr_un *un = (struct sockaddr_un *)to;
  un->sun_family = AF_UNIX;
  size_t length = from->length < sizeof un->sun_path ? from->length : sizeof un->sun_path;
  memcpy(un->sun_path, from->bytes, length);
  return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (from->length && !from->bytes[0] ? 0 : 1));
}

static void from_raw(const struct sockaddr_storage *from, socklen_t size, struct gale_address *to) {
  to->family = 0;
  to->length = 0;
  to->port = 0;
  to->scope = 0;
  if (from->ss_family == AF_INET) {
    const struct sockaddr_in *in = (const struct sockaddr_in *)from;
    to->family = 4;
    to->length = 4;
    to->port = ntohs(in->sin_port);
    memcpy(to->bytes, &in->sin_addr, 4);
  } else if (from->ss_family == AF_INET6) {
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)from;
    to->family = 6;
    to->length = 16;
    to->port = ntohs(in6->sin6_port);
    to->scope = in6->sin6_scope_id;
    memcpy(to->bytes, &in6->sin6_addr, 16);
  } else if (from->ss_family == AF_UNIX) {
    const struct sockaddr_un *un = (const struct sockaddr_un *)from;
    size_t header = offsetof(struct sockaddr_un, sun_path);
    size_t length = size > header ? size - header : 0;
    if (length > sizeof un->sun_path) length = sizeof un->sun_path;
    if (length && un->sun_path[0]) length = strnlen(un->sun_path, length);
    to->family = 1;
    to->length = (uint8_t)length;
    memcpy(to->bytes, un->sun_path, length);
  }
}

int gale_socket(int family, int type) {
  int raw = family == 4 ? AF_INET : family == 6 ? AF_INET6 : AF_UNIX;
  return result(socket(raw, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

int gale_bind(int descriptor, const struct gale_address *address) {
  struct sockaddr_storage raw;
  socklen_t size = to_raw(address, &raw);
  return result(bind(descriptor, (struct sockaddr *)&raw, size));
}

int gale_connect(int descriptor, const struct gale_address *address) {
  struct sockaddr_storage raw;
  socklen_t size = to_raw(address, &raw);
  return result(connect(descriptor, (struct sockaddr *)&raw, size));
}

int gale_listen(int descriptor, int backlog) { return result(listen(descriptor, backlog)); }

int gale_is_listening(int descriptor) {
  int type = 0, listening = 0;
  socklen_t size = sizeof type;
  if (getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) < 0) return -errno;
  if (type != SOCK_STREAM) return -ESOCKTNOSUPPORT;
  size = sizeof listening;
  if (getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) < 0) return -errno;
  return listening != 0;
}

int gale_set_close_on_exec(int descriptor) { return result(fcntl(descriptor, F_SETFD, FD_CLOEXEC)); }

int gale_accept(int listener, struct gale_address *peer) {
  struct sockaddr_storage raw;
  socklen_t size = sizeof raw;
  int descriptor = accept4(listener, (struct sockaddr *)&raw, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (descriptor < 0) return -errno;
  from_raw(&raw, size, peer);
  return descriptor;
}

int gale_local_address(int descriptor, struct gale_address *address) {
  struct sockaddr_storage raw;
  socklen_t size = sizeof raw;
  if (getsockname(descriptor, (struct sockaddr *)&raw, &size) < 0) return -errno;
  from_raw(&raw, size, address);
  return 0;
}

int gale_peer_address(int descriptor, struct gale_address *address) {
  struct sockaddr_storage raw;
  socklen_t size = sizeof raw;
  if (getpeername(descriptor, (struct sockaddr *)&raw, &size) < 0) return -errno;
  from_raw(&raw, size, address);
  return 0;
}

int gale_socket_error(int descriptor) {
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) < 0 ? errno : error;
}

static int set_option(int descriptor, int level, int name, int value) {
  return result(setsockopt(descriptor, level, name, &value, sizeof value));
}

int gale_set_nodelay(int descriptor, int on) { return set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, on); }

int gale_set_reuse(int descriptor, int address, int port, int v6only) {
  int r = 0;
  if (address) r = set_option(descriptor, SOL_SOCKET, SO_REUSEADDR, 1);
  if (r >= 0 && port) r = set_option(descriptor, SOL_SOCKET, SO_REUSEPORT, 1);
  if (r >= 0 && v6only) r = set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  return r;
}

// A port is chosen when the destination is known: one that another destination has is free for this one.
int gale_set_bind_no_port(int descriptor) {
  return set_option(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
}

int gale_set_send_buffer(int descriptor, int byte_count) {
  return set_option(descriptor, SOL_SOCKET, SO_SNDBUF, byte_count);
}

int gale_set_nonblocking(int descriptor) {
  int flags = fcntl(descriptor, F_GETFL);
  return flags < 0 ? -errno : result(fcntl(descriptor, F_SETFL, flags | O_NONBLOCK));
}

int gale_resolve(const char *host, int family, int flags, uint16_t port, struct gale_address *addresses,
                 int capacity) {
  struct addrinfo hints = {
      .ai_family = family == 4 ? AF_INET : family == 6 ? AF_INET6 : AF_UNSPEC,
      .ai_socktype = SOCK_STREAM,
      .ai_flags = flags | AI_NUMERICSERV};
  char service[8];
  snprintf(service, sizeof service, "%u", port);
  struct addrinfo *list = NULL;
  int code = getaddrinfo(host, service, &hints, &list);
  if (code) return -1000 + (code < 0 ? code : -code);
  int count = 0;
  for (struct addrinfo *entry = list; entry && count < capacity; entry = entry->ai_next) {
    struct sockaddr_storage raw;
    memcpy(&raw, entry->ai_addr, entry->ai_addrlen);
    from_raw(&raw, entry->ai_addrlen, &addresses[count]);
    if (addresses[count].family) count++;
  }
  freeaddrinfo(list);
  return count;
}

const char *gale_resolve_message(int code) { return gai_strerror(code + 1000); }

int gale_socket_pair(int *first, int *second) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0) return -errno;
  *first = ends[0];
  *second = ends[1];
  return 0;
}

ssize_t gale_read(int descriptor, void *bytes, size_t count) { return long_result(read(descriptor, bytes, count)); }

ssize_t gale_recv(int descriptor, void *bytes, size_t count) {
  return long_result(recv(descriptor, bytes, count, 0));
}

ssize_t gale_write(int descriptor, const void *bytes, size_t count) {
  return long_result(write(descriptor, bytes, count));
}

ssize_t gale_send(int descriptor, const void *bytes, size_t count, int more) {
  return long_result(send(descriptor, bytes, count, MSG_NOSIGNAL | (more ? MSG_MORE : 0)));
}

ssize_t gale_send2(int descriptor, const void *first, size_t first_count, const void *second, size_t second_count) {
  struct iovec parts[2] = {{(void *)first, first_count}, {(void *)second, second_count}};
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
  return long_result(sendmsg(descriptor, &message, MSG_NOSIGNAL));
}

ssize_t gale_sendfile(int socket, int file, int64_t offset, size_t count) {
  off_t position = offset;
  return long_result(sendfile(socket, file, &position, count));
}

int gale_shutdown_write(int descriptor) { return result(shutdown(descriptor, SHUT_WR)); }

int gale_enable_kernel_tls(int descriptor) {
  return result(setsockopt(descriptor, IPPROTO_TCP, 31 /* TCP_ULP */, "tls", 3));
}

int gale_close(int descriptor) { return result(close(descriptor)); }

int gale_close_reset(int descriptor) {
  struct linger none = {.l_onoff = 1, .l_linger = 0};
  setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  return result(close(descriptor));
}

int gale_poll_one(int descriptor, uint32_t events, int milliseconds) {
  struct pollfd entry = {.fd = descriptor, .events = (short)(events & 0x7fff)};
  int count = poll(&entry, 1, milliseconds);
  return count < 0 ? (errno == EINTR ? 0 : -errno) : count ? entry.revents : 0;
}

// --- files -------------------------------------------------------------------------------

static int fill(int r, const struct stat *from, struct gale_file_status *to) {
  if (r < 0) return -errno;
  to->size = from->st_size;
  to->modified_seconds = from->st_mtim.tv_sec;
  to->modified_nanoseconds = from->st_mtim.tv_nsec;
  to->inode = from->st_ino;
  to->device = from->st_dev;
  to->is_regular = S_ISREG(from->st_mode);
  to->is_directory = S_ISDIR(from->st_mode);
  return 0;
}

int gale_open_append(const char *path) {
  return result(open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
}

// O_NONBLOCK: opening a FIFO must not wait for a writer.
int gale_open_read(const char *path) { return result(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)); }

int gale_open_read_without_links(const char *path) {
#ifdef SYS_openat2
  struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK, .resolve = RESOLVE_NO_SYMLINKS};
  return result((int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how));
#else
  return -ENOSYS;
#endif
}

int gale_file_status(int descriptor, struct gale_file_status *status) {
  struct stat raw;
  return fill(fstat(descriptor, &raw), &raw, status);
}

int gale_path_status(const char *path, struct gale_file_status *status) {
  struct stat raw;
  return fill(stat(path, &raw), &raw, status);
}

// --- clocks and the process ----------------------------------------------------------------

static int64_t nanoseconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t gale_monotonic_nanoseconds(void) { return nanoseconds(CLOCK_MONOTONIC); }
int64_t gale_wall_nanoseconds(void) { return nanoseconds(CLOCK_REALTIME); }

int64_t gale_wall_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return now.tv_sec;
}

int64_t gale_descriptor_limit(int raise_to_hard) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
  if (raise_to_hard && limit.rlim_cur < limit.rlim_max) {
    struct rlimit wanted = {limit.rlim_max, limit.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &wanted) == 0) return (int64_t)wanted.rlim_cur;
  }
  return (int64_t)limit.rlim_cur;
}

int64_t gale_resident_bytes(void) {
  FILE *file = fopen("/proc/self/statm", "re");
  if (!file) return -errno;
  long total = 0, resident = 0;
  int fields = fscanf(file, "%ld %ld", &total, &resident);
  fclose(file);
  return fields == 2 ? (int64_t)resident * sysconf(_SC_PAGESIZE) : -EIO;
}

// --- child processes -----------------------------------------------------------------------

extern char **environ;

// Descriptors 0, 1 and 2 are replaced one after the other: none of the replacements may be one of them.
static int out_of_the_way(int descriptor, int target) {
  if (descriptor < 0 || descriptor > 2 || descriptor == target) return descriptor;
  return fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
}

static int set_descriptors(posix_spawn_file_actions_t *actions, const struct gale_spawn *what, int standard[3]) {
  int r = 0;
  for (int i = 0; i < 3 && r == 0; i++) {
    if (standard[i] >= 0) r = posix_spawn_file_actions_adddup2(actions, standard[i], i);
  }
  // Everything else is closed, also what others in this process opened without close-on-exec.
  int next = 3;
  for (int i = 0; i < what->passed_count && r == 0; i++) {
    for (; next < what->passed[i] && r == 0; next++) r = posix_spawn_file_actions_addclose(actions, next);
    // To itself: that only takes close-on-exec away.
    if (r == 0) r = posix_spawn_file_actions_adddup2(actions, what->passed[i], what->passed[i]);
    next = what->passed[i] + 1;
  }
  return r ? r : posix_spawn_file_actions_addclosefrom_np(actions, next);
}

static int set_signals(posix_spawnattr_t *attributes, const struct gale_spawn *what) {
  // What this process ignores would stay ignored, and what it blocks blocked.
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
  if (what->new_session) flags |= POSIX_SPAWN_SETSID;
  if (what->new_group) flags |= POSIX_SPAWN_SETPGROUP;
  int r = posix_spawnattr_setsigdefault(attributes, &all);
  if (r == 0) r = posix_spawnattr_setsigmask(attributes, &none);
  if (r == 0) r = posix_spawnattr_setpgroup(attributes, 0);
  return r ? r : posix_spawnattr_setflags(attributes, flags);
}

int gale_spawn(const struct gale_spawn *what) {
  int environment_count = what->environment_count < 0 ? 0 : what->environment_count;
  char **pointers = calloc((size_t)what->argument_count + (size_t)environment_count + 2, sizeof *pointers);
  if (!pointers) return -ENOMEM;
  const char *program = what->block;
  const char *next = program + strlen(program) + 1;
  char **arguments = pointers, **environment = pointers + what->argument_count + 1;
  for (int i = 0; i < what->argument_count; i++, next += strlen(next) + 1) arguments[i] = (char *)next;
  for (int i = 0; i < environment_count; i++, next += strlen(next) + 1) environment[i] = (char *)next;

  int standard[3], r = 0;
  for (int i = 0; i < 3; i++) {
    standard[i] = out_of_the_way(what->standard[i], i);
    if (what->standard[i] >= 0 && standard[i] < 0) r = errno;
  }
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  pid_t process = -1;
  if (r == 0 && what->directory) r = posix_spawn_file_actions_addchdir_np(&actions, what->directory);
  if (r == 0) r = set_descriptors(&actions, what, standard);
  if (r == 0) r = set_signals(&attributes, what);
  if (r == 0) {
    r = posix_spawnp(&process, program, &actions, &attributes, arguments,
                     what->environment_count < 0 ? environ : environment);
  }
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  for (int i = 0; i < 3; i++) {
    if (standard[i] >= 0 && standard[i] != what->standard[i]) close(standard[i]);
  }
  free(pointers);
  return r ? -r : process;
}

int gale_blocking_pipe(int *reader, int *writer) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return -errno;
  *reader = ends[0];
  *writer = ends[1];
  return 0;
}

int gale_shared_memory(const char *name, int64_t byte_count) {
  int descriptor = memfd_create(name, MFD_CLOEXEC);
  if (descriptor < 0) return -errno;
  if (ftruncate(descriptor, byte_count) == 0) return descriptor;
  int number = errno;
  close(descriptor);
  return -number;
}

int gale_open_null(void) { return result(open("/dev/null", O_RDWR | O_CLOEXEC)); }

// glibc has these since 2.36; the kernel since 5.3.
int gale_pidfd_open(int process) { return result((int)syscall(SYS_pidfd_open, process, 0)); }

int gale_pidfd_signal(int pidfd, int signal) {
  return result((int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0));
}

static int wait_for(idtype_t type, id_t id, int block, int *status) {
  siginfo_t info = {0};
  int r;
  do { r = waitid(type, id, &info, WEXITED | (block ? 0 : WNOHANG)); } while (r < 0 && errno == EINTR);
  if (r < 0) return -errno;
  if (info.si_pid == 0) return 0;
  *status = info.si_code == CLD_EXITED ? info.si_status : -info.si_status;
  return 1;
}

int gale_pidfd_wait(int pidfd, int *status) { return wait_for((idtype_t)3 /* P_PIDFD */, (id_t)pidfd, 0, status); }

int gale_process_wait(int process, int block, int *status) {
  return wait_for(P_PID, (id_t)process, block, status);
}

const char *gale_environment(int index) { return environ ? environ[index] : NULL; }

int gale_processor_count(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
  return (int)sysconf(_SC_NPROCESSORS_ONLN);
}

int gale_end_with_parent(int signal, int parent) {
  if (prctl(PR_SET_PDEATHSIG, signal) < 0) return -errno;
  return getppid() == parent ? 0 : -1;
}

int gale_inherits_orphans(void) {
  int is_subreaper = 0;
  if (getpid() == 1) return 1;
  return prctl(PR_GET_CHILD_SUBREAPER, &is_subreaper) == 0 && is_subreaper;
}

int gale_ended_child(void) {
  siginfo_t info;
  info.si_pid = 0;
  if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0) return -errno;
  return info.si_pid;
}

int gale_close_on_exec(int descriptor) { return result(fcntl(descriptor, F_SETFD, FD_CLOEXEC)); }

// --- changes of files ----------------------------------------------------------------------

int gale_inotify(void) { return result(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)); }

int gale_inotify_add(int descriptor, const char *directory) {
  return result(inotify_add_watch(descriptor, directory,
                                  IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB |
                                      IN_ONLYDIR));
}

int gale_inotify_drain(int descriptor) {
  char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
  int any = 0;
  while (read(descriptor, events, sizeof events) > 0) any = 1;
  return any;
}

int gale_replace_process(const char *block, int argument_count, const int32_t *kept, int kept_count) {
  char **arguments = calloc((size_t)argument_count + 1, sizeof *arguments);
  if (!arguments) return -ENOMEM;
  const char *path = block, *next = block + strlen(block) + 1;
  for (int i = 0; i < argument_count; i++, next += strlen(next) + 1) arguments[i] = (char *)next;
  for (int i = 0; i < kept_count; i++) {
    int flags = fcntl(kept[i], F_GETFD);
    if (flags >= 0) fcntl(kept[i], F_SETFD, flags & ~FD_CLOEXEC);
  }
  sigset_t none, before;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, &before);
  execv(path, arguments);
  int number = -errno;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  for (int i = 0; i < kept_count; i++) fcntl(kept[i], F_SETFD, FD_CLOEXEC);
  free(arguments);
  return number;
}
