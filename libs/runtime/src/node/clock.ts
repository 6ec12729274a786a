import type { Clock } from '../host.ts'

/** Node's timers take at most 2^31 - 1 ms; a longer sleep is taken in pieces. */
const PIECE_MS = 2 ** 30

/** The machine's clock. */
export function createClock(): Clock {
  const sleepUntil = (atMs: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal?.aborted) {
        resolve()
        return
      }
      let timer: NodeJS.Timeout | undefined
      const finish = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', finish)
        resolve()
      }
      const wait = () => {
        const leftMs = atMs - Date.now()
        if (leftMs <= 0) finish()
        else timer = setTimeout(wait, Math.min(Math.ceil(leftMs), PIECE_MS))
      }
      signal?.addEventListener('abort', finish, { once: true })
      wait()
    })
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    sleepUntil,
    sleep: (ms, signal) => sleepUntil(Date.now() + ms, signal),
  }
}
