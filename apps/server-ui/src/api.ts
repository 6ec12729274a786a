/** The server's API: envelopes and errors. */
import { type Answer, type Fetched, useFetched } from '@prom/ui'
import { prefix } from './place.ts'

interface Envelope<T> extends Partial<Answer<T>> {
  readonly status: string
  readonly error?: string
}

export async function getApi<T>(
  path: string,
  parameters: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<Answer<T>> {
  const search = new URLSearchParams(parameters).toString()
  return await askApi<T>(`${path}${search ? `?${search}` : ''}`, { ...(signal && { signal }) })
}

export async function postApi<T>(
  path: string,
  parameters: Readonly<Record<string, string>>,
): Promise<Answer<T>> {
  return await askApi<T>(path, { method: 'POST', body: new URLSearchParams(parameters) })
}

/** Whether the server has read its data and can be asked; an answer that is no word on that counts as yes. */
export async function isReady(): Promise<boolean> {
  try {
    const { status } = await fetch(`${prefix}/-/ready`, { cache: 'no-store' })
    return status !== 503
  } catch {
    return false
  }
}

async function askApi<T>(path: string, init: RequestInit): Promise<Answer<T>> {
  let answer: Response
  try {
    answer = await fetch(`${prefix}/api/v1${path}`, {
      credentials: 'same-origin',
      cache: 'no-store',
      ...init,
    })
  } catch (err) {
    if (init.signal?.aborted) throw err
    throw new Error('network or unreachable')
  }
  if (!answer.headers.get('content-type')?.startsWith('application/json')) {
    throw new Error(answer.ok ? 'the server did not answer with JSON' : answer.statusText)
  }
  const envelope = (await answer.json()) as Envelope<T>
  if (envelope.status !== 'success') throw new Error(envelope.error ?? answer.statusText)
  return envelope as Answer<T>
}

/** Fetches when `path` or `parameters` change; undefined path: not at all. */
export function useApi<T>(
  path: string | undefined,
  parameters: Readonly<Record<string, string>> = {},
): Fetched<T> {
  return useFetched<T>(
    path === undefined ? undefined : `${path}?${new URLSearchParams(parameters)}`,
    (signal) => getApi<T>(path ?? '', parameters, signal),
  )
}
