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
  let answer: Response
  try {
    answer = await fetch(`${prefix}/api/v1${path}${search ? `?${search}` : ''}`, {
      credentials: 'same-origin',
      cache: 'no-store',
      ...(signal && { signal }),
    })
  } catch (err) {
    if (signal?.aborted) throw err
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
