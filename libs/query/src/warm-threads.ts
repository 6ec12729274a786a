/** The pool's side of warming up: see `WarmUp`. */
import type { QueryThreadPort } from './query-pool.ts'
import type { WarmUpState } from './warm-up.ts'

/**
 * Lets threads run what dashboards are made of, one thread after the other and some milliseconds at a time, so that the
 * first dashboard does not meet cold code. `ports` start a thread where there is none. False if it should be tried again
 * later: there was something better to do, or nothing to run over. Never rejects.
 */
export async function warmThreads(
  ports: readonly (() => Pick<QueryThreadPort, 'call'>)[],
  isBusy: () => boolean,
): Promise<boolean> {
  for (const port of ports) {
    let state: WarmUpState = 'more'
    while (state === 'more') {
      if (isBusy()) return false
      try {
        const { strings } = await port().call({ kind: 'warmUp' })
        state = strings[0] as WarmUpState
      } catch {
        return false // The thread has ended; the next try, or query, starts another one.
      }
    }
    if (state === 'nothing') return false
  }
  return true
}
