/** What stands in front of every request: TLS, users, extra headers, from a file that is re-read when it changes. */
import { readFileSync, statSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Server as Door } from 'node:net'
import { dirname, isAbsolute, join } from 'node:path'
import type { SecureContextOptions, TLSSocket, TlsOptions, Server as TlsServer } from 'node:tls'
import type { Clock, Logger } from '@prom/runtime'
import { BasicAuth } from './basic-auth.ts'
import { respondError } from './respond.ts'
import { CIPHERS, CURVES, TLS_VERSIONS } from './tls-names.ts'
import {
  CLIENT_AUTH_TYPES,
  parseWebConfig,
  type TlsServerConfig,
  type WebConfig,
} from './web-config-schema.ts'

export interface Guard {
  /** Absent: plain HTTP. */
  readonly tls:
    | {
        readonly hasHttp2: boolean
        options(): TlsOptions
        /** New certificates take effect with the next connection of `door`. */
        keepFresh(server: TlsServer, door: Door): void
      }
    | undefined
  /** False if the request has been answered: not let in. */
  admit(request: IncomingMessage, response: ServerResponse): Promise<boolean>
  close(): void
}

interface Loaded {
  readonly config: WebConfig
  readonly auth: BasicAuth | undefined
}

/** Throws an Error with the original's text if the file is bad; no path means no guard. */
export async function openGuard(
  path: string,
  { log, clock }: { readonly log: Logger; readonly clock: Clock },
): Promise<Guard | undefined> {
  if (path === '') return undefined
  const file = new WatchedFile(path)
  const first = load(file.text(), path)
  const folder = dirname(path)
  const hasTls = usesTls(first.config.tls)
  if (hasTls) readTls(first.config.tls, folder)
  let current: Loaded = first
  let limiter = new RateLimiter(first.config.rateLimit)

  return {
    tls: hasTls
      ? {
          hasHttp2: first.config.http.http2,
          options: () => readTls(current.config.tls, folder),
          keepFresh: (server, door) =>
            keepFresh(server, door, () => current.config.tls, folder, log),
        }
      : undefined,
    admit: async (request, response) => {
      try {
        if (file.hasChanged()) {
          current = load(file.text(), path)
          limiter = new RateLimiter(current.config.rateLimit)
        }
      } catch (err) {
        log.error('Unable to parse configuration', { err })
        respondError(response, 500, 'Internal Server Error')
        return false
      }
      const { config, auth } = current
      if (!limiter.takes(clock.monotonic())) {
        respondError(response, 429, 'Too Many Requests')
        return false
      }
      for (const [name, value] of config.http.headers) response.setHeader(name, value)
      const refusal = hasTls
        ? refuseCertificate(request.socket as TLSSocket, config.tls)
        : undefined
      if (refusal !== undefined) {
        respondError(response, 403, refusal)
        return false
      }
      if (!auth || (await auth.admits(request.headers.authorization))) return true
      response.setHeader('WWW-Authenticate', 'Basic')
      respondError(response, 401, 'Unauthorized')
      return false
    },
    close: () => {},
  }
}

/** Checks the whole file as a server would read it: TLS material too. Throws the original's text. */
export function checkWebConfig(path: string): void {
  const { config } = load(readText(path), path)
  if (config.tls.clientAuthType !== '' || !isEmptyTls(config.tls)) {
    readTls(config.tls, dirname(path))
  }
}

function load(text: string, path: string): Loaded {
  const config = parseWebConfig(text, path)
  if (config.users.size === 0) return { config, auth: undefined }
  const users = new Map([...config.users].map(([name, hash]) => [name, hash.reveal()]))
  return { config, auth: new BasicAuth(users) }
}

function usesTls(tls: TlsServerConfig): boolean {
  return !isEmptyTls(tls)
}

function isEmptyTls(tls: TlsServerConfig): boolean {
  const { cert, key, certFile, keyFile, clientCa, clientCaFile, clientAuthType } = tls
  return (
    [cert, certFile, keyFile, clientCa, clientCaFile, clientAuthType].every((v) => v === '') &&
    key.isEmpty
  )
}

/** Reads certificates and keys; paths are relative to the config file's folder. */
export function readTls(tls: TlsServerConfig, folder: string): TlsOptions {
  if (tls.cert === '' && tls.certFile === '') throw new Error('missing one of cert or cert_file')
  if (tls.key.isEmpty && tls.keyFile === '') throw new Error('missing one of key or key_file')
  const material = (name: string, inline: string, path: string) =>
    path === '' ? inline : readNamed(name, path, folder)
  const auth = tls.clientAuthType
  if (!CLIENT_AUTH_TYPES.includes(auth)) throw new Error(`invalid ClientAuth: ${auth}`)
  const hasCa = tls.clientCa !== '' || tls.clientCaFile !== ''
  const asks = auth !== '' && auth !== 'NoClientCert'
  if (hasCa && !asks)
    throw new Error("client CA's have been configured without a Client Auth Policy")
  const context: SecureContextOptions = {
    cert: material('cert_file', tls.cert, tls.certFile),
    key: material('key_file', tls.key.reveal(), tls.keyFile),
    minVersion: TLS_VERSIONS[tls.minVersion || 'TLS12'],
    maxVersion: TLS_VERSIONS[tls.maxVersion || 'TLS13'],
    honorCipherOrder: tls.preferServerCipherSuites,
    ...(hasCa && { ca: material('client_ca_file', tls.clientCa, tls.clientCaFile) }),
    ...(tls.cipherSuites.length > 0 && {
      ciphers: tls.cipherSuites.map((name) => CIPHERS[name]).join(':'),
    }),
    ...(tls.curvePreferences.length > 0 && {
      ecdhCurve: tls.curvePreferences.map((name) => CURVES[name]).join(':'),
    }),
  }
  for (const [name, pem] of [
    ['certificate', context.cert],
    ['key', context.key],
  ] as const) {
    if (String(pem).includes('-----BEGIN ')) continue
    throw new Error(`failed to load X509KeyPair: tls: failed to find any PEM data in ${name} input`)
  }
  return {
    ...context,
    requestCert: asks,
    rejectUnauthorized: auth === 'RequireAndVerifyClientCert',
  }
}

function readNamed(name: string, path: string, folder: string): string {
  try {
    return readText(isAbsolute(path) ? path : join(folder, path))
  } catch (err) {
    throw new Error(`failed to read ${name} (${path}): ${(err as Error).message}`)
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (err) {
    const { code, message } = err as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? 'no such file or directory' : message
    throw new Error(`open ${path}: ${reason}`)
  }
}

/** New certificates take effect at the next connection, as the original re-reads them per handshake. */
function keepFresh(
  server: TlsServer,
  door: Door,
  config: () => TlsServerConfig,
  folder: string,
  log: Logger,
): void {
  const files = () =>
    [config().certFile, config().keyFile, config().clientCaFile]
      .filter((path) => path !== '')
      .map((path) => stamp(isAbsolute(path) ? path : join(folder, path)))
      .join()
  let seen = files()
  door.prependListener('connection', () => {
    const now = files()
    if (now === seen) return
    seen = now
    try {
      server.setSecureContext(readTls(config(), folder))
    } catch (err) {
      log.error('Unable to reload certificates', { err })
    }
  })
}

function refuseCertificate(socket: TLSSocket, tls: TlsServerConfig): string | undefined {
  const auth = tls.clientAuthType
  if (auth === '' || auth === 'NoClientCert') return undefined
  const certificate = socket.getPeerCertificate()
  const isGiven = Object.keys(certificate).length > 0
  if (/^Require(Any)?ClientCert$/.test(auth) && !isGiven) return 'client certificate required'
  if (auth === 'VerifyClientCertIfGiven' && isGiven && !socket.authorized) {
    return 'bad client certificate'
  }
  if (tls.clientAllowedSans.length === 0) return undefined
  const sans = (certificate.subjectaltname ?? '')
    .split(', ')
    .filter(Boolean)
    .map((name) => name.replace(/^(DNS|IP Address|URI|email):/, ''))
  const isAllowed = sans.some((name) => tls.clientAllowedSans.includes(name))
  return isAllowed
    ? undefined
    : `could not find allowed SANs in client cert, found: [${sans.join(' ')}]`
}

/** Says whether a file is another than at the last call. */
class WatchedFile {
  readonly #path: string
  #seen: string

  constructor(path: string) {
    this.#path = path
    this.#seen = stamp(path)
  }

  text(): string {
    return readText(this.#path)
  }

  hasChanged(): boolean {
    const now = stamp(this.#path)
    if (now === this.#seen && now !== '') return false
    this.#seen = now
    return true
  }
}

function stamp(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat ? `${stat.mtimeMs} ${stat.size} ${stat.ino}` : ''
}

/** One request per `interval`, up to `burst` at once; without an interval all pass. */
class RateLimiter {
  readonly #intervalMs: number
  readonly #burst: number
  #tokens: number
  #atMs = 0

  constructor({ interval, burst }: WebConfig['rateLimit']) {
    this.#intervalMs = interval
    this.#burst = burst
    this.#tokens = burst
  }

  takes(nowMs: number): boolean {
    if (this.#intervalMs <= 0) return true
    this.#tokens = Math.min(this.#burst, this.#tokens + (nowMs - this.#atMs) / this.#intervalMs)
    this.#atMs = nowMs
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}
