/** Questions to the APIs of clouds and orchestrators, as most mechanisms ask them. */
import type { HttpAnswer, HttpClient } from '@prom/http'

const ERROR_TEXT_MAX = 300
/** Pages of one list; an API that never ends is given up. */
export const PAGES_MAX = 10_000

export interface Asking {
  readonly client: HttpClient
  readonly url: string
  readonly signal: AbortSignal
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly timeoutMs?: number
  readonly socketPath?: string
}

/** Rejects unless the answer is a success (2xx). */
export async function ask({ client, method = 'GET', ...request }: Asking): Promise<HttpAnswer> {
  const answer = await client.request({ method, ...request })
  if (answer.status >= 200 && answer.status < 300) return answer
  const text = Buffer.from(answer.body).toString('utf8', 0, ERROR_TEXT_MAX).trim()
  throw new Error(`server returned HTTP status ${answer.status}${text === '' ? '' : `: ${text}`}`)
}

/** As `ask`, with the answer's body as text. */
export async function askText(asking: Asking): Promise<string> {
  return Buffer.from((await ask(asking)).body).toString('utf8')
}

/** As `ask`, for a JSON document. */
export async function askJson(asking: Asking): Promise<unknown> {
  const headers = { Accept: 'application/json', ...asking.headers }
  return JSON.parse(await askText({ ...asking, headers }))
}

/** As `ask`, sending and getting JSON. */
export function askWithJson(asking: Asking, value: unknown): Promise<unknown> {
  const headers = { 'Content-Type': 'application/json', ...asking.headers }
  return askJson({ method: 'POST', ...asking, headers, body: JSON.stringify(value) })
}
