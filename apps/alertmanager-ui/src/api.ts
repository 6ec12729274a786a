/** API v2, as the pages use it. */
import { type Answer, type Fetched, useFetched } from '@prom/ui'
import type { Matcher } from './matchers.ts'

export interface Alert {
  readonly annotations: Record<string, string>
  readonly labels: Record<string, string>
  readonly startsAt: string
  readonly endsAt: string
  readonly fingerprint: string
  readonly generatorURL?: string
  readonly receivers: readonly { readonly name: string }[]
  readonly status: {
    readonly state: 'active' | 'suppressed' | 'unprocessed'
    readonly silencedBy: readonly string[]
    readonly inhibitedBy: readonly string[]
    readonly mutedBy?: readonly string[]
  }
}

export interface AlertGroup {
  readonly labels: Record<string, string>
  readonly receiver: { readonly name: string }
  readonly alerts: readonly Alert[]
}

export interface Silence {
  readonly id: string
  readonly status: { readonly state: 'active' | 'pending' | 'expired' }
  readonly updatedAt: string
  readonly startsAt: string
  readonly endsAt: string
  readonly createdBy: string
  readonly comment: string
  readonly matchers: readonly Matcher[]
}

export interface Status {
  readonly cluster: {
    readonly status: string
    readonly name?: string
    readonly peers?: readonly { readonly name: string; readonly address: string }[]
  }
  readonly versionInfo: Record<string, string>
  readonly config: { readonly original: string }
  readonly uptime: string
}

/** The folder this page lies in, so that it works behind any prefix. */
const base = window.location.pathname.replace(/[^/]*$/, '')

export async function call<T>(
  path: string,
  init: RequestInit = {},
  parameters: readonly (readonly [string, string])[] = [],
): Promise<T> {
  const search = new URLSearchParams(parameters.map(([name, value]) => [name, value])).toString()
  let answer: Response
  try {
    answer = await fetch(`${base}api/v2${path}${search ? `?${search}` : ''}`, {
      credentials: 'same-origin',
      cache: 'no-store',
      ...init,
    })
  } catch (err) {
    if (init.signal?.aborted) throw err
    throw new Error('network or unreachable')
  }
  const text = await answer.text()
  let body: unknown = text
  try {
    body = text === '' ? undefined : JSON.parse(text)
  } catch {
    // A plain text answer.
  }
  if (!answer.ok) {
    const message = (body as { message?: string } | undefined)?.message
    throw new Error(message ?? (typeof body === 'string' && body ? body : answer.statusText))
  }
  return body as T
}

export function useApi<T>(
  path: string | undefined,
  parameters: readonly (readonly [string, string])[] = [],
): Fetched<T> {
  const ask = async (signal: AbortSignal): Promise<Answer<T>> => ({
    data: await call<T>(path ?? '', { signal }, parameters),
  })
  return useFetched<T>(path === undefined ? undefined : JSON.stringify([path, parameters]), ask)
}
