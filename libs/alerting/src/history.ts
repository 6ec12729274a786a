/**
 * What happened lately: alerts that began or ended, notifications, changes of silences. In memory and bounded, one
 * ring per kind, so that a flood of alerts does not wash away what was done about silences.
 */
import type { Labels } from '@prom/labels'
import type { NotificationReason } from '@prom/receivers'
import type { Alert } from './alert.ts'
import type { Silence } from './silence.ts'

export interface AlertEvent {
  readonly kind: 'alert'
  readonly atMs: number
  /** `expired`: the end its sender gave it passed without another word. */
  readonly what: 'fired' | 'resolved' | 'expired'
  readonly fingerprint: string
  readonly labels: Labels
}

export interface NotificationEvent {
  readonly kind: 'notification'
  readonly atMs: number
  readonly what: 'sent' | 'failed'
  readonly receiver: string
  /** `webhook[0]`. */
  readonly integration: string
  readonly groupKey: string
  readonly groupLabels: Labels
  readonly reason: NotificationReason
  readonly firing: number
  readonly resolved: number
  readonly attempts: number
  readonly durationMs: number
  /** Why it failed. */
  readonly error?: string
}

export interface SilenceEvent {
  readonly kind: 'silence'
  readonly atMs: number
  /** `received`: another instance of the cluster told of the change. */
  readonly what: 'created' | 'updated' | 'expired' | 'received'
  readonly silence: Silence
}

export type HistoryEvent = AlertEvent | NotificationEvent | SilenceEvent
export type HistoryKind = HistoryEvent['kind']

export const HISTORY_KINDS: readonly HistoryKind[] = ['alert', 'notification', 'silence']

/** Longer error texts are cut: an answer of a receiver may be a whole page. */
const ERROR_CHARACTERS_MAX = 1000

interface Numbered {
  readonly number: number
  readonly event: HistoryEvent
}

export class History {
  readonly #capacity: number
  readonly #rings: ReadonlyMap<HistoryKind, Numbered[]>
  #number = 0

  /** Keeps that many events of each kind; 0 switches it off. */
  constructor(capacity: number) {
    this.#capacity = Math.max(0, capacity)
    this.#rings = new Map(HISTORY_KINDS.map((kind) => [kind, []]))
  }

  alert(what: AlertEvent['what'], { fingerprint, labels }: Alert, atMs: number): void {
    this.#add({ kind: 'alert', atMs, what, fingerprint, labels })
  }

  notification(event: Omit<NotificationEvent, 'kind'>): void {
    const error = event.error?.slice(0, ERROR_CHARACTERS_MAX)
    this.#add({ ...event, kind: 'notification', ...(error === undefined ? {} : { error }) })
  }

  silence(what: SilenceEvent['what'], silence: Silence, atMs: number): void {
    this.#add({ kind: 'silence', atMs, what, silence })
  }

  /** The newest first, at most `max` of those that `isWanted` lets pass. */
  list(
    kinds: ReadonlySet<HistoryKind>,
    max: number,
    isWanted: (event: HistoryEvent) => boolean,
  ): HistoryEvent[] {
    const found = HISTORY_KINDS.filter((kind) => kinds.has(kind)).flatMap((kind) =>
      (this.#rings.get(kind) ?? []).filter(({ event }) => isWanted(event)),
    )
    found.sort((a, b) => b.number - a.number)
    return found.slice(0, max).map(({ event }) => event)
  }

  #add(event: HistoryEvent): void {
    if (this.#capacity === 0) return
    const number = this.#number++
    const ring = this.#rings.get(event.kind) as Numbered[]
    // Cut in steps: one shift per event would move the whole ring each time.
    ring.push({ number, event })
    if (ring.length > this.#capacity + CUT_STEP) ring.splice(0, ring.length - this.#capacity)
  }
}

const CUT_STEP = 64
