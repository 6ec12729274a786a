/** The way of most receivers: one JSON document to one address. */
import { createHash } from 'node:crypto'
import type { HttpAnswer, HttpClient } from '@prom/http'
import { type Json, printJson } from './go-json.ts'
import { exchange, type StatusRules } from './status.ts'

export interface JsonPost {
  readonly url: string
  readonly body: Json
  readonly userAgent: string
  readonly signal: AbortSignal
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** 0: none. */
  readonly timeoutMs?: number
}

export function postJson(
  client: HttpClient,
  { url, body, userAgent, signal, method = 'POST', headers = {}, timeoutMs = 0 }: JsonPost,
  rules: StatusRules = {},
): Promise<HttpAnswer> {
  return exchange(
    client,
    {
      method,
      url,
      headers: { 'content-type': 'application/json', 'user-agent': userAgent, ...headers },
      body: `${printJson(body)}\n`,
      signal,
      ...(timeoutMs > 0 ? { timeoutMs } : {}),
    },
    rules,
  )
}

/** What other systems know a group by: the SHA-256 of its key, in hexadecimal. */
export function hashKey(groupKey: string): string {
  return createHash('sha256').update(groupKey).digest('hex')
}
