/** What was last found out about each alert: silenced or inhibited, and by what. */
export interface AlertMark {
  /** Ids of silences, sorted. */
  readonly silencedBy: readonly string[]
  /** Fingerprints of source alerts. */
  readonly inhibitedBy: readonly string[]
}

export type AlertState = 'active' | 'suppressed' | 'unprocessed'

const NONE: AlertMark = { silencedBy: [], inhibitedBy: [] }

export class AlertMarks {
  readonly #marks = new Map<string, AlertMark>()

  get(fingerprint: string): AlertMark {
    return this.#marks.get(fingerprint) ?? NONE
  }

  setSilencedBy(fingerprint: string, silencedBy: readonly string[]): void {
    const { inhibitedBy } = this.get(fingerprint)
    this.#marks.set(fingerprint, { silencedBy, inhibitedBy })
  }

  setInhibitedBy(fingerprint: string, inhibitedBy: readonly string[]): void {
    const { silencedBy } = this.get(fingerprint)
    this.#marks.set(fingerprint, { silencedBy, inhibitedBy })
  }

  /** An alert is unprocessed until a flush or a reader of the API has looked at it. */
  state(fingerprint: string): AlertState {
    const mark = this.#marks.get(fingerprint)
    if (!mark) return 'unprocessed'
    return mark.silencedBy.length > 0 || mark.inhibitedBy.length > 0 ? 'suppressed' : 'active'
  }

  forget(fingerprints: readonly string[]): void {
    for (const fingerprint of fingerprints) this.#marks.delete(fingerprint)
  }
}
