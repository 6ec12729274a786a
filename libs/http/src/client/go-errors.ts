/** What went wrong on the network, in Go's words. */
import { quoteGo } from '@prom/model'

/** A request that got no answer. `detail` is the message without method and URL. */
export class HttpClientError extends Error {
  readonly detail: string

  constructor(method: string, url: string, detail: string, cause?: unknown) {
    super(`${verb(method)} ${quoteGo(redact(url))}: ${detail}`, { cause })
    this.name = 'HttpClientError'
    this.detail = detail
  }
}

interface NodeError extends Error {
  readonly code?: string
  readonly syscall?: string
  readonly hostname?: string
  readonly address?: string
  readonly port?: number
  readonly errors?: readonly NodeError[]
  readonly reason?: string
  readonly cert?: { readonly subjectaltname?: string }
  readonly host?: string
}

const SYSTEM: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable',
  EADDRNOTAVAIL: 'cannot assign requested address',
  ETIMEDOUT: 'connection timed out',
  ECONNRESET: 'connection reset by peer',
  EPIPE: 'broken pipe',
  EMFILE: 'too many open files',
  EACCES: 'permission denied',
}

const TLS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate signed by unknown authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate signed by unknown authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate signed by unknown authority',
  UNABLE_TO_GET_ISSUER_CERT: 'certificate signed by unknown authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate signed by unknown authority',
  CERT_HAS_EXPIRED: 'certificate has expired or is not yet valid',
  CERT_NOT_YET_VALID: 'certificate has expired or is not yet valid',
}

/** Node's error as Go words it; its own message where Go has no counterpart. */
export function toGoText(err: unknown): string {
  // Not instanceof: an error may come from another realm.
  if (typeof err !== 'object' || err === null || !('message' in err)) return String(err)
  const node = err as NodeError
  const first = node.errors?.[0]
  if (first) return toGoText(first)
  const { code = '', syscall } = node
  if (code === 'ENOTFOUND') return `dial tcp: lookup ${node.hostname}: no such host`
  if (code === 'EAI_AGAIN') return `dial tcp: lookup ${node.hostname}: server misbehaving`
  const reason = SYSTEM[code]
  if (reason && syscall === 'connect') {
    const host = node.address?.includes(':') ? `[${node.address}]` : node.address
    return `dial tcp ${host}:${node.port}: connect: ${reason}`
  }
  if (code === 'ECONNRESET' && /socket hang up|disconnected/.test(node.message)) return 'EOF'
  if (reason) return `${syscall ?? 'read'} tcp: ${syscall ?? 'read'}: ${reason}`
  const tls = TLS[code]
  if (tls) return `tls: failed to verify certificate: x509: ${tls}`
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return altNameText(node)
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || /wrong version number/.test(node.message)) {
    return 'http: server gave HTTP response to HTTPS client'
  }
  if (/alert bad certificate|alert certificate required/.test(node.message)) {
    return 'remote error: tls: certificate required'
  }
  if (code.startsWith('HPE_'))
    return `net/http: HTTP/1.x transport connection broken: ${node.message}`
  return node.message
}

function altNameText({ cert, host }: NodeError): string {
  const names = (cert?.subjectaltname ?? '')
    .split(', ')
    .filter(Boolean)
    .map((name) => name.replace(/^(DNS|IP Address):/, ''))
  const valid =
    names.length > 0
      ? `valid for ${names.join(', ')}, not ${host}`
      : `not valid for any names, but wanted to match ${host}`
  return `tls: failed to verify certificate: x509: certificate is ${valid}`
}

/** Compat: `GET` is written `Get`. */
function verb(method: string): string {
  return method.slice(0, 1).toUpperCase() + method.slice(1).toLowerCase()
}

function redact(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/[^/?#@:]*):[^/?#]*@/i, '$1:***@')
}
