import type { Clock } from './host.ts'

/** How long work may hold the thread before others get a turn. */
const SLICE_MS = 12
const PAUSE_MS = 1

/**
 * Does long work bit by bit, with turns for everything else in between. The work yields where it may be interrupted;
 * what is short is done before the first await of anybody else.
 */
export async function inSlices<T>(
  work: Generator<unknown, T>,
  clock: Pick<Clock, 'monotonic' | 'sleep'>,
): Promise<T> {
  let beginMs = clock.monotonic()
  for (;;) {
    const step = work.next()
    if (step.done) return step.value
    if (clock.monotonic() - beginMs < SLICE_MS) continue
    await clock.sleep(PAUSE_MS)
    beginMs = clock.monotonic()
  }
}

/** The same work at once. */
export function atOnce<T>(work: Generator<unknown, T>): T {
  for (;;) {
    const step = work.next()
    if (step.done) return step.value
  }
}
