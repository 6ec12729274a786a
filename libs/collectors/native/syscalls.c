// The system calls node_exporter needs and Node does not have, as a Node-API addon: adjtimex, one netlink dump, ioctl.
// It only moves bytes; what they mean is known in TypeScript. Rebuild, per architecture, with
//   node tools/build-native.mjs
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <node_api.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <unistd.h>

#define ARGS_MAX 4
#define ANSWER_BYTES (256 * 1024)
#define MESSAGES_MAX 4096
#define TIMEOUT_SECONDS 2

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

static napi_value init(napi_env env, napi_value exports) {
  const struct { const char *name; napi_callback call; } calls[] = {
    {"adjtimex", call_adjtimex},
    {"netlink", call_netlink},
    {"fileIoctl", call_file_ioctl},
  };
  for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
    napi_value function;
    napi_create_function(env, calls[i].name, NAPI_AUTO_LENGTH, calls[i].call, NULL, &function);
    napi_set_named_property(env, exports, calls[i].name, function);
  }
  return exports;
}

NAPI_MODULE(NODE_GYP_MODULE_NAME, init)
