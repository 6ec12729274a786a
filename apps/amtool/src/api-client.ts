/** The server's v2 API, with errors in the words of the original's client. */
import type { HttpClient } from '@prom/http'
import { printJson } from '@prom/receivers'
import type { ApiEvent, ApiExplanation, ApiTrial } from './api-types.ts'
import { CommandError } from './context.ts'

export interface ApiAlert {
  readonly annotations: Readonly<Record<string, string>>
  readonly endsAt: string
  readonly startsAt: string
  readonly generatorURL?: string
  readonly labels: Readonly<Record<string, string>>
  readonly status: { readonly state: string }
}

export interface ApiMatcher {
  readonly isEqual?: boolean
  readonly isRegex: boolean
  readonly name: string
  readonly value: string
}

export interface ApiSilence {
  readonly id: string
  readonly status?: { readonly state: string }
  readonly updatedAt?: string
  readonly annotations?: Readonly<Record<string, string>>
  readonly comment: string
  readonly createdBy: string
  readonly endsAt: string
  readonly startsAt: string
  readonly matchers: readonly ApiMatcher[]
}

export interface ApiStatus {
  readonly cluster: {
    readonly name?: string
    readonly status: string
    readonly peers?: readonly { readonly name: string; readonly address: string }[]
  }
  readonly config: { readonly original: string }
  readonly uptime: string
  readonly versionInfo: Readonly<Record<string, string>>
}

const STATUS_WORDS: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  403: 'Forbidden',
  404: 'NotFound',
  429: 'TooManyRequests',
  500: 'InternalServerError',
}

/** Which refusals each operation knows; others are printed with their status only. */
const KNOWN: Readonly<Record<string, readonly number[]>> = {
  getAlerts: [400, 500],
  postAlerts: [400, 500],
  getSilences: [400, 500],
  postSilences: [400, 404],
  getSilence: [404, 500],
  deleteSilence: [404, 500],
  explainAlert: [400, 404],
  testReceiver: [400, 403, 404, 429],
  getHistory: [400],
}

interface Call {
  readonly operation: string
  readonly method: string
  /** As errors print it: `/silence/{silenceID}`. */
  readonly route: string
  readonly path?: string
  readonly query?: URLSearchParams
  readonly body?: unknown
}

/** The server refused; `status` says how. */
export class ApiRefusal extends CommandError {
  readonly status: number

  constructor(message: string, status: number) {
    super(message)
    this.status = status
  }
}

export class ApiClient {
  readonly #http: HttpClient
  readonly #base: string
  readonly #timeoutMs: number

  /** `url` is where the server is reachable, path prefix included. */
  constructor(http: HttpClient, url: string, timeoutMs: number) {
    this.#http = http
    this.#base = `${url.replace(/\/+$/, '')}/api/v2`
    this.#timeoutMs = timeoutMs
  }

  async status(): Promise<ApiStatus> {
    return (await this.#call({
      operation: 'getStatus',
      method: 'GET',
      route: '/status',
    })) as ApiStatus
  }

  async alerts(query: URLSearchParams): Promise<ApiAlert[]> {
    const call = { operation: 'getAlerts', method: 'GET', route: '/alerts', query }
    return (await this.#call(call)) as ApiAlert[]
  }

  async postAlerts(body: unknown): Promise<void> {
    await this.#call({ operation: 'postAlerts', method: 'POST', route: '/alerts', body })
  }

  /** Beyond the original, as are the next two. */
  async explain(labels: Readonly<Record<string, string>>): Promise<ApiExplanation> {
    const call = { operation: 'explainAlert', method: 'POST', route: '/alerts/explain' }
    return (await this.#call({ ...call, body: { labels } })) as ApiExplanation
  }

  async testReceiver(body: unknown): Promise<ApiTrial> {
    const call = { operation: 'testReceiver', method: 'POST', route: '/receivers/test', body }
    return (await this.#call(call)) as ApiTrial
  }

  async history(query: URLSearchParams): Promise<ApiEvent[]> {
    const call = { operation: 'getHistory', method: 'GET', route: '/history', query }
    return (await this.#call(call)) as ApiEvent[]
  }

  async silences(query: URLSearchParams): Promise<ApiSilence[]> {
    const call = { operation: 'getSilences', method: 'GET', route: '/silences', query }
    return (await this.#call(call)) as ApiSilence[]
  }

  async silence(id: string): Promise<ApiSilence> {
    return (await this.#call({
      operation: 'getSilence',
      method: 'GET',
      ...silencePath(id),
    })) as ApiSilence
  }

  async postSilence(body: unknown): Promise<string> {
    const call = { operation: 'postSilences', method: 'POST', route: '/silences', body }
    return ((await this.#call(call)) as { silenceID: string }).silenceID
  }

  async expireSilence(id: string): Promise<void> {
    await this.#call({ operation: 'deleteSilence', method: 'DELETE', ...silencePath(id) })
  }

  async #call({ operation, method, route, path, query, body }: Call): Promise<unknown> {
    const search = query && [...query].length > 0 ? `?${query}` : ''
    const answer = await this.#http.request({
      method,
      url: `${this.#base}${path ?? route}${search}`,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      timeoutMs: this.#timeoutMs,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = new TextDecoder().decode(answer.body)
    if (answer.status !== 200) {
      const word = STATUS_WORDS[answer.status]
      const place = `[${method} ${route}]`
      if (!word || !KNOWN[operation]?.includes(answer.status)) {
        throw new ApiRefusal(`${place} ${operation} (status ${answer.status}): {}`, answer.status)
      }
      const details = text === '' ? '' : ` ${printJson(JSON.parse(text) as string)}`
      throw new ApiRefusal(
        `${place}[${answer.status}] ${operation}${word}${details}`,
        answer.status,
      )
    }
    if (text === '') return undefined
    try {
      return JSON.parse(text) as unknown
    } catch (err) {
      throw new CommandError(`${(err as Error).message} in the answer of ${method} ${route}`)
    }
  }
}

function silencePath(id: string): { route: string; path: string } {
  return { route: '/silence/{silenceID}', path: `/silence/${encodeURIComponent(id)}` }
}
