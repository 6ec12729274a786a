/** The one fetch layer: abort, age, the last good data kept beside an error. No component fetches; pages do. */
import { useCallback, useEffect, useRef, useState } from 'react'

export interface Answer<T> {
  readonly data: T
  readonly warnings?: readonly string[]
  readonly infos?: readonly string[]
}

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

/**
 * Calls `ask` when `key` changes (undefined: not at all) or `reload` is called; an answer that is no longer wanted
 * is aborted.
 */
export function useFetched<T>(
  key: string | undefined,
  ask: (signal: AbortSignal) => Promise<Answer<T>>,
): Fetched<T> {
  const [round, setRound] = useState(0)
  const latest = useRef(ask)
  latest.current = ask
  const [state, setState] = useState<Omit<Fetched<T>, 'reload'>>({
    data: undefined,
    error: undefined,
    warnings: [],
    infos: [],
    isLoading: key !== undefined,
    atMs: 0,
    tookMs: 0,
  })

  // biome-ignore lint/correctness/useExhaustiveDependencies: `round` asks again.
  useEffect(() => {
    if (key === undefined) return
    const abort = new AbortController()
    const startedMs = performance.now()
    setState((old) => ({ ...old, isLoading: true }))
    latest.current(abort.signal).then(
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
