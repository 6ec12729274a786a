const RESERVED = new Set([
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'user-agent',
  'www-authenticate',
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-security-token',
  'x-prometheus-remote-read-version',
  'x-prometheus-remote-write-version',
])

/** Why one of these headers may not be set by configuration, in the original's words. */
export function reservedHeaderProblem(
  names: Iterable<string>,
  authorizationText: string,
): string | undefined {
  for (const name of names) {
    if (name.toLowerCase() === 'authorization') return authorizationText
    if (RESERVED.has(name.toLowerCase())) {
      return `${name} is a reserved header. It must not be changed`
    }
  }
  return undefined
}
