/** When an alert would have been pending and firing, from where its expression had a value. */

export interface AlertTiming {
  readonly forMs: number
  readonly keepFiringForMs: number
}

export interface Episode {
  readonly state: 'pending' | 'firing'
  readonly fromMs: number
  /** The first evaluation that no longer has the state; undefined: still so at the end. */
  readonly toMs: number | undefined
}

/**
 * `present` holds the evaluations at which the expression had this element, `steps` all evaluations, both ascending
 * milliseconds. A pending alert that fires is one episode of each state.
 */
export function alertHistory(
  steps: readonly number[],
  present: ReadonlySet<number>,
  { forMs, keepFiringForMs }: AlertTiming,
): Episode[] {
  const episodes: Episode[] = []
  let state: Episode['state'] | undefined
  let fromMs = 0
  let missingSince: number | undefined
  const end = (toMs: number | undefined) => {
    if (state && fromMs !== toMs) episodes.push({ state, fromMs, toMs })
  }
  for (const at of steps) {
    if (present.has(at)) {
      missingSince = undefined
      if (!state) {
        state = 'pending'
        fromMs = at
      }
      if (state === 'pending' && at - fromMs >= forMs) {
        end(at)
        state = 'firing'
        fromMs = at
      }
    } else if (state) {
      missingSince ??= at
      if (state === 'firing' && keepFiringForMs > 0 && at - missingSince < keepFiringForMs) continue
      end(at)
      state = undefined
      missingSince = undefined
    }
  }
  end(undefined)
  return episodes
}
