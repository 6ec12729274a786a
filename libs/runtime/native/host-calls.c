// The system calls every daemon needs and Node does not have, as a Node-API addon: flock for the lock of a data folder,
// a datagram to a Unix socket for messages to the service manager, and an end that waits for nobody. Rebuild, per architecture, with
//   node tools/build-native.mjs
#include <errno.h>
#include <node_api.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define TEXT_BYTES 1024

static napi_value number(napi_env env, int64_t value) {
  napi_value result;
  napi_create_int64(env, value, &result);
  return result;
}

// lockFile(descriptor): 0, or the negative error number (EAGAIN: another process holds it).
static napi_value call_lock_file(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value args[1];
  int32_t fd;
  napi_get_cb_info(env, info, &count, args, NULL, NULL);
  if (count < 1 || napi_get_value_int32(env, args[0], &fd) != napi_ok) return number(env, -EINVAL);
  return number(env, flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : -errno);
}

// A path that begins with @ is a name in Linux's abstract namespace.
static socklen_t read_address(const char *path, size_t length, struct sockaddr_un *address) {
  memset(address, 0, sizeof *address);
  if (length == 0 || length >= sizeof address->sun_path) return 0;
  address->sun_family = AF_UNIX;
  memcpy(address->sun_path, path, length);
  if (path[0] != '@') return sizeof *address;
  address->sun_path[0] = '\0';
  return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
}

// sendDatagram(path, text): 0, or the negative error number. Never waits for a reader.
static napi_value call_send_datagram(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value args[2];
  char path[TEXT_BYTES];
  char text[TEXT_BYTES];
  size_t path_length;
  size_t text_length;
  napi_get_cb_info(env, info, &count, args, NULL, NULL);
  if (count < 2 || napi_get_value_string_utf8(env, args[0], path, sizeof path, &path_length) != napi_ok ||
      napi_get_value_string_utf8(env, args[1], text, sizeof text, &text_length) != napi_ok)
    return number(env, -EINVAL);
  struct sockaddr_un address;
  socklen_t size = read_address(path, path_length, &address);
  if (size == 0) return number(env, -ENAMETOOLONG);
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return number(env, -errno);
  ssize_t sent = sendto(fd, text, text_length, MSG_NOSIGNAL, (struct sockaddr *)&address, size);
  int64_t result = sent < 0 ? -errno : 0;
  close(fd);
  return number(env, result);
}

// exitNow(code): ends the process without waiting for threads, one of which may hang in a call on a dead mount.
static napi_value call_exit_now(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value args[1];
  int32_t code = 0;
  napi_get_cb_info(env, info, &count, args, NULL, NULL);
  if (count > 0) napi_get_value_int32(env, args[0], &code);
  _exit(code);
}

NAPI_MODULE_INIT() {
  const struct {
    const char *name;
    napi_callback call;
  } calls[] = {{"lockFile", call_lock_file}, {"sendDatagram", call_send_datagram}, {"exitNow", call_exit_now}};
  for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
    napi_value function;
    napi_create_function(env, calls[i].name, NAPI_AUTO_LENGTH, calls[i].call, NULL, &function);
    napi_set_named_property(env, exports, calls[i].name, function);
  }
  return exports;
}
