// The system calls node_exporter needs and Node does not have, as a Node-API addon: adjtimex, one netlink dump, ioctl of
// files and network devices, perf_event_open; and files of the kernel read by one call, without an exception for each
// that says no.
// It only moves bytes; what they mean is known in TypeScript. Rebuild, per architecture, with
//   node tools/build-native.mjs
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/perf_event.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <unistd.h>

#define ARGS_MAX 4
#define ANSWER_BYTES (256 * 1024)
#define MESSAGES_MAX 4096
#define TIMEOUT_SECONDS 2
#define ETHTOOL_BYTES (1024 * 1024)

static napi_value number(napi_env env, int64_t value) {
  napi_value result;
  napi_create_int64(env, value, &result);
  return result;
}

static int read_args(napi_env env, napi_callback_info info, napi_value *args, size_t wanted) {
  size_t count = ARGS_MAX;
  napi_get_cb_info(env, info, &count, args, NULL, NULL);
  if (count >= wanted) return 1;
  napi_throw_type_error(env, NULL, "too few arguments");
  return 0;
}

static int read_bytes(napi_env env, napi_value value, uint8_t **data, size_t *length) {
  if (napi_get_buffer_info(env, value, (void **)data, length) == napi_ok) return 1;
  napi_throw_type_error(env, NULL, "a Buffer is expected");
  return 0;
}

static napi_value call_adjtimex(napi_env env, napi_callback_info info) {
  napi_value args[ARGS_MAX];
  uint8_t *data;
  size_t length;
  if (!read_args(env, info, args, 1) || !read_bytes(env, args[0], &data, &length)) return NULL;
  if (length < sizeof(struct timex)) return number(env, -EINVAL);
  struct timex state;
  memset(&state, 0, sizeof state);
  int result = adjtimex(&state);
  if (result < 0) return number(env, -errno);
  memcpy(data, &state, sizeof state);
  return number(env, result);
}

// Answers arrive in datagrams; the last one ends with DONE, or is the only one and not MULTI.
static int is_last(const uint8_t *data, ssize_t length) {
  const struct nlmsghdr *message = (const struct nlmsghdr *)data;
  for (unsigned left = (unsigned)length; NLMSG_OK(message, left); message = NLMSG_NEXT(message, left)) {
    if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR) return 1;
    if (!(message->nlmsg_flags & NLM_F_MULTI)) return 1;
  }
  return 0;
}

static napi_value call_netlink(napi_env env, napi_callback_info info) {
  napi_value args[ARGS_MAX];
  int32_t family;
  uint8_t *request;
  size_t length;
  if (!read_args(env, info, args, 2) || !read_bytes(env, args[1], &request, &length)) return NULL;
  if (napi_get_value_int32(env, args[0], &family) != napi_ok) return NULL;
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, family);
  if (fd < 0) return number(env, -errno);
  struct timeval timeout = {TIMEOUT_SECONDS, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  napi_value answers = NULL;
  uint8_t *answer = malloc(ANSWER_BYTES);
  int error = ENOMEM;
  if (answer && sendto(fd, request, length, 0, (struct sockaddr *)&kernel, sizeof kernel) >= 0) {
    napi_create_array(env, &answers);
    error = 0;
    for (uint32_t i = 0; i < MESSAGES_MAX; i++) {
      ssize_t got = recv(fd, answer, ANSWER_BYTES, 0);
      if (got < 0) {
        error = errno;
        break;
      }
      napi_value piece;
      napi_create_buffer_copy(env, (size_t)got, answer, NULL, &piece);
      napi_set_element(env, answers, i, piece);
      if (is_last(answer, got)) break;
    }
  } else if (answer) {
    error = errno;
  }
  free(answer);
  close(fd);
  return error ? number(env, -error) : answers;
}

static napi_value call_file_ioctl(napi_env env, napi_callback_info info) {
  napi_value args[ARGS_MAX];
  char path[4096];
  size_t path_length, length;
  uint32_t request;
  uint8_t *data;
  if (!read_args(env, info, args, 3) || !read_bytes(env, args[2], &data, &length)) return NULL;
  if (napi_get_value_string_utf8(env, args[0], path, sizeof path, &path_length) != napi_ok) return NULL;
  if (napi_get_value_uint32(env, args[1], &request) != napi_ok) return NULL;
  // The size of the argument is part of the request: never less memory than the kernel may write.
  if (length < _IOC_SIZE(request)) return number(env, -EINVAL);
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return number(env, -errno);
  int result = ioctl(fd, (unsigned long)request, data);
  int error = errno;
  close(fd);
  return number(env, result < 0 ? -error : result);
}

// The kernel writes as many entries as the driver has, however many were asked for: it gets a buffer with room for all
// that a driver can have, and only what fits is copied back.
static napi_value call_ethtool(napi_env env, napi_callback_info info) {
  napi_value args[ARGS_MAX];
  struct ifreq request;
  size_t name_length, length;
  uint8_t *data;
  if (!read_args(env, info, args, 2) || !read_bytes(env, args[1], &data, &length)) return NULL;
  memset(&request, 0, sizeof request);
  if (napi_get_value_string_utf8(env, args[0], request.ifr_name, IFNAMSIZ, &name_length) != napi_ok) return NULL;
  if (length > ETHTOOL_BYTES) return number(env, -EINVAL);
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return number(env, -errno);
  uint8_t *room = calloc(1, ETHTOOL_BYTES);
  int result = -1;
  int error = ENOMEM;
  if (room) {
    memcpy(room, data, length);
    request.ifr_data = (char *)room;
    result = ioctl(fd, SIOCETHTOOL, &request);
    error = errno;
    memcpy(data, room, length);
  }
  free(room);
  close(fd);
  return number(env, result < 0 ? -error : result);
}

// Opens a counter of all processes on one processor and starts it from zero; it stays open until the program ends.
static napi_value call_perf_open(napi_env env, napi_callback_info info) {
  napi_value args[ARGS_MAX];
  uint8_t *data;
  size_t length;
  int32_t cpu;
  if (!read_args(env, info, args, 2) || !read_bytes(env, args[0], &data, &length)) return NULL;
  if (napi_get_value_int32(env, args[1], &cpu) != napi_ok) return NULL;
  struct perf_event_attr attr;
  memset(&attr, 0, sizeof attr);
  memcpy(&attr, data, length < sizeof attr ? length : sizeof attr);
  attr.size = sizeof attr;
  int fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
  if (fd < 0) return number(env, -errno);
  if (ioctl(fd, PERF_EVENT_IOC_RESET, 0) < 0 || ioctl(fd, PERF_EVENT_IOC_ENABLE, 0) < 0) {
    int error = errno;
    close(fd);
    return number(env, -error);
  }
  return number(env, fd);
}

static napi_value call_perf_read(napi_env env, napi_callback_info info) {
  napi_value args[ARGS_MAX];
  uint8_t *data;
  size_t length;
  int32_t fd;
  if (!read_args(env, info, args, 2) || !read_bytes(env, args[1], &data, &length)) return NULL;
  if (napi_get_value_int32(env, args[0], &fd) != napi_ok) return NULL;
  ssize_t got = read(fd, data, length);
  return number(env, got < 0 ? -errno : got);
}

// A file into a buffer, by a single read or up to its end; how many bytes there are. A full buffer may not be all of it.
static napi_value call_read_file(napi_env env, napi_callback_info info) {
  napi_value args[ARGS_MAX];
  char path[4096];
  size_t path_length, length;
  uint8_t *data;
  bool is_single;
  if (!read_args(env, info, args, 3) || !read_bytes(env, args[1], &data, &length)) return NULL;
  if (napi_get_value_string_utf8(env, args[0], path, sizeof path, &path_length) != napi_ok) return NULL;
  if (napi_get_value_bool(env, args[2], &is_single) != napi_ok) return NULL;
  if (path_length + 1 >= sizeof path) return number(env, -ENAMETOOLONG);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return number(env, -errno);
  size_t got = 0;
  int error = 0;
  while (got < length) {
    ssize_t part = read(fd, data + got, length - got);
    if (part < 0 && errno == EINTR) continue;
    if (part < 0) error = errno;
    if (part <= 0) break;
    got += (size_t)part;
    if (is_single) break;
  }
  close(fd);
  return number(env, error ? -error : (int64_t)got);
}

static napi_value init(napi_env env, napi_value exports) {
  const struct { const char *name; napi_callback call; } calls[] = {
    {"adjtimex", call_adjtimex},
    {"netlink", call_netlink},
    {"fileIoctl", call_file_ioctl},
    {"ethtool", call_ethtool},
    {"perfOpen", call_perf_open},
    {"perfRead", call_perf_read},
    {"readFile", call_read_file},
  };
  for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
    napi_value function;
    napi_create_function(env, calls[i].name, NAPI_AUTO_LENGTH, calls[i].call, NULL, &function);
    napi_set_named_property(env, exports, calls[i].name, function);
  }
  return exports;
}

NAPI_MODULE(NODE_GYP_MODULE_NAME, init)
