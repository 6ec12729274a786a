const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  EACCES: 'connect: permission denied',
  EADDRNOTAVAIL: 'connect: cannot assign requested address',
  ETIMEDOUT: 'i/o timeout',
}

/** A socket's error in the words of Go's net package. */
export function dialError(err: NodeJS.ErrnoException, host: string): string {
  const errors = (err as AggregateError).errors as NodeJS.ErrnoException[] | undefined
  const last = (errors?.at(-1) ?? err) as NodeJS.ErrnoException & {
    address?: string
    port?: number
  }
  const { code = '', address, port } = last
  if (code === 'ENOTFOUND' || code === 'ENODATA') {
    return `dial tcp: lookup ${host}: no such host`
  }
  if (code === 'EAI_AGAIN') return `dial tcp: lookup ${host}: server misbehaving`
  if (code === 'ECONNRESET') return 'read: connection reset by peer'
  if (code === 'EPIPE') return 'write: broken pipe'
  const reason = REASONS[code]
  if (reason && address !== undefined) {
    const shown = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
    return `dial tcp ${shown}: ${reason}`
  }
  return last.message
}
