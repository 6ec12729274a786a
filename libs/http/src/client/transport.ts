/** One exchange of a request and its answer, without redirects: agents, proxies, tunnels, limits. */
import {
  Agent,
  type ClientRequest,
  type IncomingMessage,
  request as plainRequest,
  type RequestOptions,
} from 'node:http'
import { Agent as TlsAgent, request as tlsRequest } from 'node:https'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { connect as tlsConnect } from 'node:tls'
import type { HttpClientConfig } from '../client-config.ts'
import type { DialObserver } from '../dial-metrics.ts'
import { HttpLimitError } from '../errors.ts'
import { basicHeader } from './authorize.ts'
import { decodeBody } from './decode-body.ts'
import { proxyFor } from './no-proxy.ts'
import { readExtraCas, readTlsOptions, stampTlsFiles } from './tls-options.ts'

/** As many as a burst may need: a new connection costs more than the request. */
const IDLE_SOCKETS_MAX = 128
const IDLE_MS = 60_000
/** What stands before the @ of a proxy's address is for the proxy, not for those behind it. */
const NO_AUTHORIZATION = { auth: '' }

export interface Exchange {
  readonly method: string
  readonly url: URL
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Uint8Array | string | undefined
  readonly signal: AbortSignal
  readonly bodyLimitBytes: number
  /** Undo gzip of the answer. */
  readonly isDecoding: boolean
  readonly socketPath?: string | undefined
  readonly onPiece?: ((piece: Uint8Array) => void) | undefined
}

export interface ExchangeAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export class Transport {
  readonly #config: HttpClientConfig
  readonly #env: Readonly<Record<string, string | undefined>>
  readonly #plain = new Agent({
    keepAlive: true,
    maxFreeSockets: IDLE_SOCKETS_MAX,
    timeout: IDLE_MS,
  })
  #tls: TlsAgent | undefined
  #tlsStamp = ''
  readonly #onDial: DialObserver | undefined

  constructor(
    config: HttpClientConfig,
    env: Readonly<Record<string, string | undefined>>,
    onDial?: DialObserver,
  ) {
    this.#onDial = onDial
    this.#config = config
    this.#env = env
  }

  /** Rejects with Node's error, HttpLimitError, or the signal's reason. */
  async exchange(asked: Exchange): Promise<ExchangeAnswer> {
    try {
      return await this.#once(asked)
    } catch (err) {
      // The other side closed a kept connection just as we used it: nothing was received, ask anew.
      if (isStaleSocket(err) && !asked.signal.aborted) return await this.#once(asked)
      throw err
    }
  }

  close(): void {
    this.#plain.destroy()
    this.#tls?.destroy()
  }

  async #once(asked: Exchange): Promise<ExchangeAnswer> {
    const { url, signal } = asked
    const proxy = proxyFor(url, this.#config.proxy, this.#env)
    const headers = toHeaderMap(asked.headers)
    const base = { method: asked.method, headers, signal }
    let request: ClientRequest
    if (asked.socketPath !== undefined) {
      const { socketPath } = asked
      request = plainRequest(url, { ...base, socketPath, agent: this.#plain })
    } else if (url.protocol === 'https:') {
      const socket = proxy && (await this.#tunnel(url, proxy, signal))
      request = tlsRequest(url, {
        ...base,
        ...(socket
          ? // With an agent it would dial itself; without one it has to be told which port is no news.
            { createConnection: () => this.#wrap(socket, url), defaultPort: 443 }
          : { agent: this.#tlsAgent() }),
      } as RequestOptions)
    } else if (proxy) {
      if (proxy.username !== '') headers['Proxy-Authorization'] = proxyCredentials(proxy)
      headers.Host ??= url.host
      request = plainRequest(proxy, {
        ...base,
        ...NO_AUTHORIZATION,
        path: url.href.replace(/#.*$/, ''),
        agent: this.#plain,
      })
    } else {
      request = plainRequest(url, { ...base, agent: this.#plain })
    }
    if (this.#onDial) {
      request.once('socket', (socket) => {
        if (!request.reusedSocket) this.#onDial?.(socket)
      })
    }
    return await finish(request, asked)
  }

  #tlsAgent(): TlsAgent {
    const stamp = stampTlsFiles(this.#config.tls)
    if (!this.#tls || stamp !== this.#tlsStamp) {
      const options = this.#tlsOptions()
      this.#tls?.destroy()
      this.#tls = new TlsAgent({
        ...options,
        keepAlive: true,
        maxFreeSockets: IDLE_SOCKETS_MAX,
        timeout: IDLE_MS,
      })
      this.#tlsStamp = stamp
    }
    return this.#tls
  }

  #tlsOptions() {
    return { ...readExtraCas(this.#env), ...readTlsOptions(this.#config.tls) }
  }

  #wrap(socket: Socket, url: URL) {
    const options = this.#tlsOptions()
    return tlsConnect({ servername: url.hostname, ...options, socket })
  }

  #tunnel(url: URL, proxy: URL, signal: AbortSignal): Promise<Socket> {
    const target = `${url.hostname}:${url.port || 443}`
    const headers: Record<string, string | string[]> = { Host: target }
    if (proxy.username !== '') headers['Proxy-Authorization'] = proxyCredentials(proxy)
    for (const [name, values] of this.#config.proxy.connectHeader) {
      headers[name] = values.map((value) => value.reveal())
    }
    const make = proxy.protocol === 'https:' ? tlsRequest : plainRequest
    return new Promise((resolve, reject) => {
      const request = make(proxy, {
        ...NO_AUTHORIZATION,
        method: 'CONNECT',
        path: target,
        headers,
        signal,
        agent: false,
        ...readExtraCas(this.#env),
      } as RequestOptions)
      request.on('connect', (answer, socket) => {
        if (answer.statusCode === 200) resolve(socket as Socket)
        else {
          socket.destroy()
          reject(new Error(answer.statusMessage || `proxy answered ${answer.statusCode}`))
        }
      })
      request.on('error', reject)
      request.on('response', (answer) => {
        answer.resume()
        reject(new Error(answer.statusMessage || `proxy answered ${answer.statusCode}`))
      })
      request.end()
    })
  }
}

function finish(request: ClientRequest, asked: Exchange): Promise<ExchangeAnswer> {
  return new Promise((resolve, reject) => {
    request.on('error', (err) => {
      reject(Object.assign(err, { isReused: request.reusedSocket }))
    })
    request.on('response', (response) => {
      collect(response, asked).then(
        (body) => resolve({ status: response.statusCode ?? 0, headers: flatten(response), body }),
        (err: unknown) => {
          request.destroy()
          reject(err as Error)
        },
      )
    })
    request.end(asked.body)
  })
}

async function collect(response: IncomingMessage, asked: Exchange): Promise<Uint8Array> {
  const { bodyLimitBytes: limitBytes, onPiece } = asked
  if (onPiece && response.statusCode !== undefined && response.statusCode < 300) {
    const pieces = decodeBody(response, asked.isDecoding) as AsyncIterable<Buffer>
    for await (const piece of pieces) onPiece(piece)
    return new Uint8Array(0)
  }
  return await wholeBody(decodeBody(response, asked.isDecoding), limitBytes)
}

function wholeBody(stream: Readable, limitBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = []
    let sizeBytes = 0
    stream.on('data', (piece: Buffer) => {
      sizeBytes += piece.length
      if (sizeBytes <= limitBytes) pieces.push(piece)
      else {
        const message = `response body exceeds the ${limitBytes} bytes limit`
        reject(new HttpLimitError(message, limitBytes))
      }
    })
    stream.on('end', () =>
      resolve(pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces, sizeBytes)),
    )
    stream.on('error', reject)
    // After an end or an error this changes nothing.
    stream.on('close', () => reject(new Error('unexpected EOF')))
  })
}

function isStaleSocket(err: unknown): boolean {
  const { code, isReused } = err as { code?: string; isReused?: boolean }
  return isReused === true && (code === 'ECONNRESET' || code === 'EPIPE')
}

function toHeaderMap(headers: Exchange['headers']): Record<string, string | string[]> {
  const map: Record<string, string | string[]> = {}
  for (const [name, value] of headers) {
    const known = map[name]
    map[name] = known === undefined ? value : [known, value].flat()
  }
  return map
}

function flatten({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, [value].flat().join(', ')]),
  )
}

function proxyCredentials(proxy: URL): string {
  return basicHeader(decodeURIComponent(proxy.username), decodeURIComponent(proxy.password))
}
