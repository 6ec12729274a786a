/** What the status of an HTTP answer means for a notification. */
import type { HttpAnswer, HttpClient, HttpRequest } from '@prom/http'
import { type FailureReason, NotifyError } from './errors.ts'

export interface StatusRules {
  /** Codes besides 5xx that are worth another try. */
  readonly retryCodes?: readonly number[]
  /** Text from the body for the error; default: the whole body. */
  readonly details?: (status: number, body: string) => string
}

const ANSWER_BYTES_MAX = 1 << 20

/** Resolves with the answer if its status is 2xx; throws `NotifyError` otherwise and when nothing came. */
export async function exchange(
  client: HttpClient,
  request: HttpRequest,
  rules: StatusRules = {},
): Promise<HttpAnswer> {
  const answer = await send(client, request)
  checkStatus(answer, rules)
  return answer
}

/** Sends; faults of the network are worth another try. */
export async function send(client: HttpClient, request: HttpRequest): Promise<HttpAnswer> {
  try {
    return await client.request({ bodyLimitBytes: ANSWER_BYTES_MAX, ...request })
  } catch (err) {
    const message = redact((err as Error).message, request.url)
    throw new NotifyError(message, { canRetry: true, reason: 'other', cause: err })
  }
}

export function checkStatus({ status, body }: HttpAnswer, rules: StatusRules): void {
  if (status >= 200 && status < 300) return
  const canRetry = (status >= 500 && status < 600) || (rules.retryCodes?.includes(status) ?? false)
  const text = new TextDecoder().decode(body)
  const details = rules.details ? rules.details(status, text) : text
  const message = `unexpected status code ${status}${details === '' ? '' : `: ${details}`}`
  throw new NotifyError(message, { canRetry, reason: reasonOf(status) })
}

export function reasonOf(status: number): FailureReason {
  if (status === 401 || status === 403) return 'authError'
  if (status === 429) return 'rateLimited'
  if (status >= 400 && status < 500) return 'clientError'
  if (status >= 500 && status < 600) return 'serverError'
  return 'other'
}

/** Addresses may carry tokens: no error shows them. */
function redact(message: string, url: string): string {
  return message.replaceAll(url, '<redacted>')
}
