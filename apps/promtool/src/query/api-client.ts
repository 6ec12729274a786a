/** The HTTP API of a server, as far as the queries of this tool need it. */
import type { HttpClient } from '@prom/http'
import type { Context } from '../context.ts'
import { openClient } from '../open-client.ts'

const TIMEOUT_MS = 120_000
const BODY_LIMIT_BYTES = 1 << 30

export type Parameters = readonly (readonly [string, string])[]

export interface ApiAnswer {
  readonly data: unknown
  readonly warnings: readonly string[]
}

/** One server and how to ask it. Close it when done. */
export class ApiClient {
  readonly #client: HttpClient
  readonly #server: string
  readonly #headers: Readonly<Record<string, string>>

  constructor(client: HttpClient, server: string, headers: Readonly<Record<string, string>>) {
    this.#client = client
    this.#server = server.replace(/\/+$/, '')
    this.#headers = headers
  }

  /** Posts a form, and asks by GET where a server does not take POST. Throws an Error with the original's text. */
  async ask(path: string, parameters: Parameters): Promise<ApiAnswer> {
    const form = encode(parameters)
    const answer = await this.#client.request({
      method: 'POST',
      url: `${this.#server}${path}`,
      headers: { ...this.#headers, 'Content-Type': 'application/x-www-form-urlencoded' },
      body: form,
      timeoutMs: TIMEOUT_MS,
      bodyLimitBytes: BODY_LIMIT_BYTES,
    })
    if (answer.status !== 405 && answer.status !== 501) return readAnswer(answer)
    return this.get(path, parameters)
  }

  async get(path: string, parameters: Parameters): Promise<ApiAnswer> {
    const query = encode(parameters)
    const answer = await this.#client.request({
      method: 'GET',
      url: `${this.#server}${path}${query === '' ? '' : `?${query}`}`,
      headers: this.#headers,
      timeoutMs: TIMEOUT_MS,
      bodyLimitBytes: BODY_LIMIT_BYTES,
    })
    return readAnswer(answer)
  }

  close(): Promise<void> {
    return this.#client.close()
  }
}

export async function openApi(
  values: {
    readonly server: string
    readonly httpConfigFile: string | undefined
    readonly headers?: readonly (readonly [string, string])[]
  },
  context: Context,
): Promise<ApiClient> {
  const client = await openClient(values.httpConfigFile, context)
  return new ApiClient(client, values.server, Object.fromEntries(values.headers ?? []))
}

function readAnswer({
  status,
  body,
}: {
  readonly status: number
  readonly body: Uint8Array
}): ApiAnswer {
  const isOfApi = status === 200 || status === 400 || status === 422 || status === 503
  const text = new TextDecoder().decode(body)
  if (!isOfApi) throw new Error(statusText(status))
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (err) {
    throw new Error(`bad_response: ${(err as Error).message}`)
  }
  const answer = parsed as {
    readonly status?: unknown
    readonly data?: unknown
    readonly errorType?: unknown
    readonly error?: unknown
    readonly warnings?: unknown
  }
  if (answer.status === 'error') throw new Error(`${answer.errorType}: ${answer.error}`)
  const warnings = Array.isArray(answer.warnings) ? answer.warnings.map(String) : []
  return { data: answer.data, warnings }
}

const statusText = (status: number) => {
  if (status >= 400 && status < 500) return `client_error: client error: ${status}`
  if (status >= 500) return `server_error: server error: ${status}`
  return `bad_response: bad response code ${status}`
}

function encode(parameters: Parameters): string {
  const form = new URLSearchParams()
  for (const [name, value] of parameters) form.append(name, value)
  return form.toString()
}
