import type { Alarm, AlarmClock } from '../host.ts'

/** Node's timers take at most 2^31 - 1 ms; a longer sleep is taken in pieces. */
const PIECE_MS = 2 ** 30

/** The machine's clock. */
export function createClock(): AlarmClock {
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
    alarm: createAlarm,
  }
}

function createAlarm(ring: () => void): Alarm {
  let timer: NodeJS.Timeout | undefined
  let dueMs = 0
  const start = () => {
    const leftMs = Math.ceil(dueMs - Date.now())
    timer = setTimeout(look, Math.min(Math.max(leftMs, 0), PIECE_MS))
  }
  const look = () => {
    if (Date.now() < dueMs) start()
    else ring()
  }
  return {
    set: (atMs) => {
      clearTimeout(timer)
      dueMs = atMs
      start()
    },
    clear: () => clearTimeout(timer),
  }
}
