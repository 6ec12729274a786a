/** Listen addresses as Go writes them: `:9090`, `0.0.0.0:9090`, `[::1]:0`, `host:port`. */

export interface ListenAddress {
  /** Empty: every interface, both families. */
  readonly host: string
  readonly port: number
}

const SERVICES: Readonly<Record<string, number>> = { http: 80, https: 443 }

/** Throws an Error with Go's text; an address without a port, or with a wrong one, is refused. */
export function parseListenAddress(address: string): ListenAddress {
  if (address === '') return { host: '', port: 0 }
  const { host, port } = splitHostPort(address)
  if (port === '') return { host, port: 0 }
  if (/^[+-]?\d+$/.test(port)) {
    const number = Number(port)
    if (number < 0 || number > 65_535) throw new Error(`address ${port}: invalid port`)
    return { host, port: number }
  }
  const service = SERVICES[port]
  if (service === undefined) throw new Error(`lookup tcp/${port}: unknown port`)
  return { host, port: service }
}

/** Splits as Go's net.SplitHostPort, with its errors. */
export function splitHostPort(address: string): { host: string; port: string } {
  const fail = (why: string) => new Error(`address ${address}: ${why}`)
  const colon = address.lastIndexOf(':')
  if (colon < 0) throw fail('missing port in address')
  if (address.startsWith('[')) {
    const end = address.indexOf(']')
    if (end < 0) throw fail("missing ']' in address")
    if (end + 1 === address.length) throw fail('missing port in address')
    if (end + 1 !== colon) {
      throw fail(
        address[end + 1] === ':' ? 'too many colons in address' : 'missing port in address',
      )
    }
    return { host: address.slice(1, end), port: address.slice(colon + 1) }
  }
  if (address.indexOf(':') !== colon) throw fail('too many colons in address')
  return { host: address.slice(0, colon), port: address.slice(colon + 1) }
}

/** `127.0.0.1:9090`, `[::]:9090`. */
export function joinHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
