/** What was last found out about each alert: silenced or inhibited, and by what. */
export interface AlertMark {
  /** Ids of silences, sorted. */
  readonly silencedBy: readonly string[]
  /** Fingerprints of source alerts. */
  readonly inhibitedBy: readonly string[]
}

export type AlertState = 'active' | 'suppressed' | 'unprocessed'

const NO_IDS: readonly string[] = []
/** Shared by all alerts that nothing mutes. */
const NONE: AlertMark = { silencedBy: NO_IDS, inhibitedBy: NO_IDS }

export class AlertMarks {
  readonly #marks = new Map<string, AlertMark>()

  get(fingerprint: string): AlertMark {
    return this.#marks.get(fingerprint) ?? NONE
  }

  setSilencedBy(fingerprint: string, silencedBy: readonly string[]): void {
    const known = this.#marks.get(fingerprint)
    if (known && isSame(known.silencedBy, silencedBy)) return
    this.#set(fingerprint, { silencedBy, inhibitedBy: known?.inhibitedBy ?? NO_IDS })
  }

  setInhibitedBy(fingerprint: string, inhibitedBy: readonly string[]): void {
    const known = this.#marks.get(fingerprint)
    if (known && isSame(known.inhibitedBy, inhibitedBy)) return
    if (!known && inhibitedBy.length === 0) this.#marks.set(fingerprint, NONE)
    else this.#set(fingerprint, { silencedBy: known?.silencedBy ?? NO_IDS, inhibitedBy })
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

  #set(fingerprint: string, mark: AlertMark): void {
    const isMuted = mark.silencedBy.length > 0 || mark.inhibitedBy.length > 0
    this.#marks.set(fingerprint, isMuted ? mark : NONE)
  }
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  if (a.length === 0 && b.length === 0) return true
  return a === b || (a.length === b.length && a.every((id, i) => id === b[i]))
}
