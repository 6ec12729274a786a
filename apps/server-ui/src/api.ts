/** The one fetch layer: envelopes, errors, abort, age. No component fetches; pages do. */
import { useCallback, useEffect, useRef, useState } from 'react'
import { prefix } from './place.ts'

export interface Fetched<T> {
  readonly data: T | undefined
  readonly error: string | undefined
  readonly warnings: readonly string[]
  readonly infos: readonly string[]
  readonly isLoading: boolean
  /** When `data` came, milliseconds. */
  readonly atMs: number
  readonly tookMs: number
  reload(): void
}

interface Envelope<T> {
  readonly status: string
  readonly data?: T
  readonly error?: string
  readonly warnings?: readonly string[]
  readonly infos?: readonly string[]
}

export async function getApi<T>(
  path: string,
  parameters: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<Envelope<T>> {
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
  return envelope
}

const nothing = { warnings: [], infos: [], tookMs: 0, atMs: 0 }

/**
 * Fetches when `path` or `parameters` change (undefined path: not at all). After an error the last good data
 * stays, beside the error.
 */
export function useApi<T>(
  path: string | undefined,
  parameters: Readonly<Record<string, string>> = {},
): Fetched<T> {
  const key = path === undefined ? undefined : `${path}?${new URLSearchParams(parameters)}`
  const [round, setRound] = useState(0)
  const latest = useRef(parameters)
  latest.current = parameters
  const [state, setState] = useState<Omit<Fetched<T>, 'reload'>>({
    data: undefined,
    error: undefined,
    isLoading: path !== undefined,
    ...nothing,
  })

  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for path and parameters; `round` asks again.
  useEffect(() => {
    if (path === undefined) return
    const abort = new AbortController()
    const startedMs = performance.now()
    setState((old) => ({ ...old, isLoading: true }))
    getApi<T>(path, latest.current, abort.signal).then(
      ({ data, warnings = [], infos = [] }) => {
        if (abort.signal.aborted) return
        setState({
          data,
          warnings,
          infos,
          error: undefined,
          isLoading: false,
          atMs: Date.now(),
          tookMs: performance.now() - startedMs,
        })
      },
      (err: Error) => {
        if (!abort.signal.aborted) {
          setState((old) => ({ ...old, error: err.message, isLoading: false }))
        }
      },
    )
    return () => abort.abort()
  }, [key, round])

  const reload = useCallback(() => setRound((n) => n + 1), [])
  return { ...state, reload }
}
