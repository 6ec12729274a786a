/** The words C and Go use for what the kernel answers; Node has its own. */

const TEXTS: Readonly<Record<string, string>> = {
  EPERM: 'operation not permitted',
  ENOENT: 'no such file or directory',
  ESRCH: 'no such process',
  EINTR: 'interrupted system call',
  EIO: 'input/output error',
  ENXIO: 'no such device or address',
  EBADF: 'bad file descriptor',
  EAGAIN: 'resource temporarily unavailable',
  ENOMEM: 'cannot allocate memory',
  EACCES: 'permission denied',
  EBUSY: 'device or resource busy',
  ENODEV: 'no such device',
  ENOTDIR: 'not a directory',
  EISDIR: 'is a directory',
  EINVAL: 'invalid argument',
  EMFILE: 'too many open files',
  ENOSPC: 'no space left on device',
  EROFS: 'read-only file system',
  ENAMETOOLONG: 'file name too long',
  ENOSYS: 'function not implemented',
  ELOOP: 'too many levels of symbolic links',
  ENOTSUP: 'operation not supported',
  EOPNOTSUPP: 'operation not supported',
  EADDRINUSE: 'address already in use',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by peer',
  ENOTCONN: 'transport endpoint is not connected',
  ETIMEDOUT: 'connection timed out',
  EHOSTDOWN: 'host is down',
  EHOSTUNREACH: 'no route to host',
  ESTALE: 'stale NFS file handle',
}

interface SystemError {
  readonly code?: string
  readonly syscall?: string
  readonly path?: string
  readonly message?: string
}

/** The bare text of an error of the system: `permission denied`. */
export function errnoText(err: unknown): string {
  const { code, message } = err as SystemError
  return (code !== undefined && TEXTS[code]) || message || String(err)
}

/** As Go prints an error with its call and path: `open /proc/x: no such file or directory`. */
export function goErrorText(err: unknown): string {
  const { code, syscall, path } = err as SystemError
  if (code === undefined || TEXTS[code] === undefined)
    return (err as SystemError).message ?? String(err)
  const call = syscall === 'scandir' ? 'open' : syscall
  return call && path ? `${call} ${path}: ${TEXTS[code]}` : TEXTS[code]
}
