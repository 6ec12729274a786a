/** The client every lib of ours asks others with, made from a section's `http_config`. */
import type { Clock } from '@prom/runtime'
import { type HttpClientConfig, httpClientConfig } from '../client-config.ts'
import type { HttpAnswer, HttpClient, HttpRequest } from '../contract.ts'
import type { DialObserver } from '../dial-metrics.ts'
import { HttpLimitError } from '../errors.ts'
import { configuredHeaders, credentialHeader } from './authorize.ts'
import { HttpClientError, toGoText } from './go-errors.ts'
import { OAuth2Token } from './oauth2-token.ts'
import { Transport } from './transport.ts'

const BODY_LIMIT_BYTES = 64 * 1024 * 1024
const REDIRECTS_MAX = 10
const TIMEOUT_MS = 60_000
/** An abort without a reason makes an exception with a stack each time. */
const OVER = 'over'

export interface HttpClientDeps {
  readonly clock: Clock
  /** `Prometheus/3.5.0`; default Go's own. */
  readonly userAgent?: string
  /** For `proxy_from_environment`. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Told of each connection as it is begun. */
  readonly onDial?: DialObserver
}

/** Without a config: no credentials, system CAs, redirects followed. Throws an Error for bad TLS settings. */
export function createHttpClient(
  config: HttpClientConfig | undefined,
  { clock, userAgent = 'Go-http-client/1.1', env = {}, onDial }: HttpClientDeps,
): HttpClient {
  const settings = config ?? httpClientConfig.create()
  const transport = new Transport(settings, env, onDial)
  const token = settings.oauth2 && new OAuth2Token(settings, settings.oauth2, { clock, env })

  const ask = async (request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> => {
    let url = parseUrl(request)
    let { method, body } = request
    let headers = lowerCase(request.headers ?? {})
    let isTrusted = true
    for (let hops = 0; ; hops++) {
      const isDecoding = !headers.some(([name]) => name === 'accept-encoding')
      const all: [string, string][] = [['User-Agent', userAgent]]
      if (isDecoding) all.push(['Accept-Encoding', 'gzip'])
      // Credentials stay with the host they were meant for.
      if (isTrusted) {
        all.push(...configuredHeaders(settings))
        const credentials = credentialHeader(settings) ?? (await token?.header(signal))
        if (credentials ?? urlCredentials(url)) {
          all.push(['Authorization', (credentials ?? urlCredentials(url)) as string])
        }
      }
      const answer = await transport.exchange({
        method,
        url,
        headers: override(all, headers),
        body,
        signal,
        bodyLimitBytes: request.bodyLimitBytes ?? BODY_LIMIT_BYTES,
        isDecoding,
        socketPath: request.socketPath,
        onPiece: request.onPiece,
      })
      const { location } = answer.headers
      const isRedirect = /^(301|302|303|307|308)$/.test(String(answer.status)) && location
      if (!isRedirect || !settings.followRedirects) return answer
      if (hops >= REDIRECTS_MAX) throw new Error(`stopped after ${REDIRECTS_MAX} redirects`)
      const next = new URL(location, url)
      if (!/^https?:$/.test(next.protocol)) {
        throw new Error(`unsupported protocol scheme "${next.protocol.slice(0, -1)}"`)
      }
      isTrusted &&= next.host === url.host
      if (!isTrusted) headers = headers.filter(([name]) => !/^(authorization|cookie)$/.test(name))
      if (answer.status < 307 && method !== 'GET' && method !== 'HEAD') {
        method = 'GET'
        body = undefined
        headers = headers.filter(([name]) => !name.startsWith('content-'))
      }
      url = next
    }
  }

  return {
    request: async (request) => {
      const timeLimit = new AbortController()
      const done = new AbortController()
      const signal = request.signal
        ? AbortSignal.any([timeLimit.signal, request.signal])
        : timeLimit.signal
      const timer = clock.sleep(request.timeoutMs ?? TIMEOUT_MS, done.signal)
      timer.then(() => {
        if (!done.signal.aborted) timeLimit.abort()
      })
      try {
        return await ask(request, signal)
      } catch (err) {
        if (err instanceof HttpLimitError || err instanceof HttpClientError) throw err
        const detail = timeLimit.signal.aborted
          ? 'context deadline exceeded'
          : request.signal?.aborted
            ? 'context canceled'
            : toGoText(err)
        throw new HttpClientError(request.method, request.url, detail, err)
      } finally {
        done.abort(OVER)
      }
    },
    close: async () => {
      transport.close()
      token?.close()
    },
  }
}

function parseUrl({ method, url: text }: HttpRequest): URL {
  try {
    const url = new URL(text)
    if (/^https?:$/.test(url.protocol)) return url
    const scheme = url.protocol.slice(0, -1)
    throw new HttpClientError(method, text, `unsupported protocol scheme "${scheme}"`)
  } catch (err) {
    if (err instanceof HttpClientError) throw err
    throw new HttpClientError(method, text, 'unsupported protocol scheme ""', err)
  }
}

function urlCredentials(url: URL): string | undefined {
  if (url.username === '' && url.password === '') return undefined
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  return `Basic ${Buffer.from(pair).toString('base64')}`
}

function lowerCase(headers: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
}

/** The request's own headers win over ours. */
function override(
  ours: readonly (readonly [string, string])[],
  own: readonly (readonly [string, string])[],
): (readonly [string, string])[] {
  const names = new Set(own.map(([name]) => name))
  return [...ours.filter(([name]) => !names.has(name.toLowerCase())), ...own]
}
