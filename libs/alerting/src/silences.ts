/** All silences: created, updated, expired, matched against alerts, kept in a state file, gossiped. */
import { type Labels, Matcher } from '@prom/labels'
import type { Registry } from '@prom/metrics'
import type { Clock, Logger, Random } from '@prom/runtime'
import {
  canUpdate,
  matchesAny,
  type Silence,
  type SilenceMatcher,
  type SilenceState,
  silenceState,
} from './silence.ts'
import { silenceFault } from './silence-fault.ts'
import { SilenceIndex } from './silence-index.ts'
import { createSilenceMetrics } from './silence-metrics.ts'
import type { StateFile } from './state-file.ts'
import { decodeSilences, encodeSilence, type Stored, silenceSizeBytes } from './state-format.ts'
import { joinMessages, loadState, maintainState, saveState } from './stored-state.ts'

export class SilenceNotFoundError extends Error {
  constructor() {
    super('silence not found')
  }
}

/** The silence breaks a rule or a limit; nothing was changed. */
export class SilenceRefusedError extends Error {}

export interface SilencesOptions {
  readonly retentionMs: number
  /** 0 means no limit. */
  readonly silencesMax: number
  readonly sizeMaxBytes: number
  /** Log each change. */
  readonly isLogging: boolean
}

export interface SilencesDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly metrics: Registry
  readonly isLabelName: (name: string) => boolean
  /** Without one, silences live in memory only. */
  readonly file?: StateFile
  readonly history?: SilenceHistory
}

/** Hears of each change. */
export interface SilenceHistory {
  silence(
    what: 'created' | 'updated' | 'expired' | 'received',
    silence: Silence,
    atMs: number,
  ): void
}

/** What a user sets; `id` is empty for a new silence. */
export type SilenceInput = Pick<
  Silence,
  'id' | 'matcherSets' | 'startsAtMs' | 'endsAtMs' | 'createdBy' | 'comment' | 'annotations'
>

interface Kept {
  readonly stored: Stored<Silence>
  /** Undefined when a pattern does not compile: such a silence matches nothing. */
  readonly matchers: readonly (readonly Matcher[])[] | undefined
  readonly version: number
}

interface Verdict {
  version: number
  /** Undefined while there are none, as for most alerts. */
  ids: Set<string> | undefined
}

export class Silences {
  readonly #options: SilencesOptions
  readonly #deps: SilencesDeps
  readonly #byId = new Map<string, Kept>()
  readonly #index = new SilenceIndex()
  /** Per alert fingerprint: the silences that match its labels, as of a version. */
  readonly #verdicts = new Map<string, Verdict>()
  /** Changed silences, oldest first; a verdict only looks at those after its version. */
  #changes: { readonly version: number; readonly id: string }[] = []
  #version = 0
  #broadcast: (message: Uint8Array) => void = () => {}
  readonly #metrics: ReturnType<typeof createSilenceMetrics>

  constructor(options: SilencesOptions, deps: SilencesDeps) {
    this.#options = options
    this.#deps = deps
    this.#metrics = createSilenceMetrics(deps.metrics, {
      count: (state) => this.#count(state),
      size: () => this.#byId.size,
      changes: () => this.#changes.length,
    })
  }

  /** Who is told of each change, as encoded messages for `merge` elsewhere. */
  onChange(broadcast: (message: Uint8Array) => void): void {
    this.#broadcast = broadcast
  }

  /** Reads the state file. Throws if it is no such file; a last message cut short is dropped. */
  load(): void {
    const format = { title: 'Silences file', decode: decodeSilences }
    const isWhole = loadState(this.#deps, format, (stored) => this.#keep(stored, 'load_snapshot'))
    if (!isWhole) this.snapshot()
  }

  get(id: string): Silence | undefined {
    this.#metrics.queries.inc()
    return this.#byId.get(id)?.stored.value
  }

  *all(): IterableIterator<Silence> {
    this.#metrics.queries.inc()
    for (const { stored } of this.#byId.values()) yield stored.value
  }

  /** Creates or updates; returns the id, which is a new one unless the update could be made in place. */
  set(input: SilenceInput): string {
    const atMs = this.#deps.clock.now()
    const startsAtMs = input.startsAtMs === 0 ? atMs : input.startsAtMs
    const next: Silence = { ...input, startsAtMs, updatedAtMs: atMs, unknown: new Uint8Array() }
    this.#check(next)
    const known = input.id === '' ? undefined : this.#byId.get(input.id)?.stored.value
    if (input.id !== '' && !known) throw new SilenceNotFoundError()
    if (known && canUpdate(known, next, atMs)) {
      this.#store({ ...next, updatedAtMs: laterThan(known, atMs) }, 'updated')
      return next.id
    }
    const { silencesMax } = this.#options
    if (silencesMax > 0 && this.#byId.size + 1 > silencesMax) {
      throw new SilenceRefusedError(
        `exceeded maximum number of silences: ${this.#byId.size} (limit: ${silencesMax})`,
      )
    }
    this.#checkSize({ ...next, id: 'x'.repeat(36) })
    if (known && silenceState(known, atMs) !== 'expired') this.expire(known.id)
    const id = uuid(this.#deps.random)
    this.#store({ ...next, id, startsAtMs: Math.max(next.startsAtMs, atMs) }, 'created')
    return id
  }

  /** Ends a silence now. Ending one that has ended changes nothing. */
  expire(id: string): void {
    const known = this.#byId.get(id)?.stored.value
    if (!known) throw new SilenceNotFoundError()
    const atMs = this.#deps.clock.now()
    const state = silenceState(known, atMs)
    if (state === 'expired') return
    const startsAtMs = state === 'pending' ? atMs : known.startsAtMs
    const updatedAtMs = laterThan(known, atMs)
    this.#store({ ...known, startsAtMs, endsAtMs: atMs, updatedAtMs }, 'expired')
  }

  /** Ids of the active silences that match, sorted. */
  silencedBy(fingerprint: string, labels: Labels): readonly string[] {
    if (this.#byId.size === 0) return NO_IDS
    const { ids } = this.#verdict(fingerprint, labels)
    return ids ? this.#active(ids) : NO_IDS
  }

  /** As `silencedBy`, of labels that need not be an alert's; nothing is kept. */
  matching(labels: Labels): readonly string[] {
    return this.#active(this.#match(labels) ?? [])
  }

  /** Forgets what it knows of alerts that are gone. */
  forgetAlerts(fingerprints: readonly string[]): void {
    for (const fingerprint of fingerprints) this.#verdicts.delete(fingerprint)
  }

  /** Takes in messages of another instance; returns those that were news and are worth passing on. */
  merge(messages: Uint8Array): number {
    const { items, tornBytes } = decodeSilences(messages)
    if (tornBytes > 0) throw new Error('unexpected EOF')
    const atMs = this.#deps.clock.now()
    let merged = 0
    for (const stored of items) {
      if (stored.expiresAtMs <= atMs) continue
      const known = this.#byId.get(stored.value.id)
      if (known && known.stored.value.updatedAtMs >= stored.value.updatedAtMs) continue
      this.#keep(stored, 'index')
      this.#deps.history?.silence('received', stored.value, atMs)
      const message = encodeSilence(stored)
      this.#deps.file?.append(message, false)
      if (message.length <= GOSSIP_BYTES_MAX) {
        this.#broadcast(message)
        this.#metrics.propagated.inc()
      }
      merged++
    }
    return merged
  }

  /** Everything, encoded: the content of the state file and of a full exchange. */
  encodeAll(): Uint8Array {
    return joinMessages([...this.#byId.values()].map(({ stored }) => encodeSilence(stored)))
  }

  /** Drops silences past their retention; returns how many. */
  collectGarbage(): number {
    const startedMs = this.#deps.clock.monotonic()
    const atMs = this.#deps.clock.now()
    let dropped = 0
    for (const [id, { stored, matchers }] of this.#byId) {
      if (stored.expiresAtMs > atMs) continue
      this.#byId.delete(id)
      if (matchers) this.#index.remove(id, matchers)
      dropped++
    }
    this.#changes = this.#changes.filter(
      ({ id, version }) => this.#byId.get(id)?.version === version,
    )
    this.#metrics.gcDuration.observeMs(this.#deps.clock.monotonic() - startedMs)
    return dropped
  }

  /** Rewrites the state file. */
  snapshot(): void {
    saveState(this.#deps, () => this.encodeAll(), this.#metrics)
  }

  /** Garbage, then the file; an error is counted and logged, and tried again next time. */
  maintain(): void {
    const work = () => {
      this.collectGarbage()
      this.snapshot()
    }
    maintainState('silences', work, { log: this.#deps.log, metrics: this.#metrics })
  }

  #active(ids: Iterable<string>): string[] {
    const atMs = this.#deps.clock.now()
    const active: string[] = []
    for (const id of ids) {
      const kept = this.#byId.get(id)
      if (kept && silenceState(kept.stored.value, atMs) === 'active') active.push(id)
    }
    return active.sort()
  }

  /** All silences that match, whatever their state. */
  #match(labels: Labels): Set<string> | undefined {
    let ids: Set<string> | undefined
    let scanned = 0
    this.#index.candidates(labels, (id) => {
      scanned++
      const kept = this.#byId.get(id)
      if (!kept?.matchers || !matchesAny(kept.matchers, labels)) return
      ids ??= new Set()
      ids.add(id)
    })
    this.#metrics.scanned.inc(scanned)
    this.#metrics.skipped.inc(Math.max(0, this.#byId.size - scanned))
    return ids
  }

  #verdict(fingerprint: string, labels: Labels): Verdict {
    let verdict = this.#verdicts.get(fingerprint)
    if (!verdict) {
      verdict = { version: this.#version, ids: this.#match(labels) }
      this.#verdicts.set(fingerprint, verdict)
      return verdict
    }
    if (verdict.version === this.#version) return verdict
    if (this.#version - verdict.version > RESCAN_AFTER_CHANGES) {
      verdict.ids = this.#match(labels)
      verdict.version = this.#version
      return verdict
    }
    for (let i = this.#changes.length - 1; i >= 0; i--) {
      const change = this.#changes[i] as { version: number; id: string }
      if (change.version <= verdict.version) break
      const kept = this.#byId.get(change.id)
      if (kept?.version !== change.version) continue
      this.#metrics.scanned.inc()
      if (kept.matchers && matchesAny(kept.matchers, labels)) {
        verdict.ids ??= new Set()
        verdict.ids.add(change.id)
      } else verdict.ids?.delete(change.id)
    }
    verdict.version = this.#version
    return verdict
  }

  #store(silence: Silence, what: 'created' | 'updated' | 'expired'): void {
    const stored = { value: silence, expiresAtMs: silence.endsAtMs + this.#options.retentionMs }
    const message = encodeSilence(stored)
    // First the disk, then the answer: a silence that was confirmed survives a kill.
    this.#deps.file?.append(message, true)
    this.#keep(stored, 'index')
    this.#broadcast(message)
    this.#deps.history?.silence(what, silence, silence.updatedAtMs)
    if (this.#options.isLogging) {
      this.#deps.log.info(`Silence ${what}`, { id: silence.id, createdBy: silence.createdBy })
    }
  }

  #keep(stored: Stored<Silence>, stage: 'index' | 'load_snapshot'): void {
    let matchers: Matcher[][] | undefined
    try {
      matchers = compile(stored.value.matcherSets)
    } catch (err) {
      this.#metrics.compileErrors.of(stage).inc()
      this.#deps.log.error('Failed to compile silence matchers', { id: stored.value.id, err })
    }
    const version = ++this.#version
    const before = this.#byId.get(stored.value.id)
    if (before?.matchers) this.#index.remove(stored.value.id, before.matchers)
    if (matchers) this.#index.add(stored.value.id, matchers)
    this.#byId.set(stored.value.id, { stored, matchers, version })
    this.#changes.push({ version, id: stored.value.id })
    if (this.#changes.length > 2 * this.#byId.size + 64) {
      this.#changes = this.#changes.filter((c) => this.#byId.get(c.id)?.version === c.version)
    }
  }

  #check(silence: Silence): void {
    const fault = silenceFault(silence, this.#deps.isLabelName)
    if (fault) throw new SilenceRefusedError(`invalid silence: ${fault}`)
    this.#checkSize(silence)
  }

  #checkSize(silence: Silence): void {
    const { sizeMaxBytes, retentionMs } = this.#options
    if (sizeMaxBytes <= 0) return
    const expiresAtMs = silence.endsAtMs + retentionMs
    const size = silenceSizeBytes({ value: silence, expiresAtMs })
    if (size > sizeMaxBytes) {
      throw new SilenceRefusedError(
        `silence exceeded maximum size: ${size} bytes (limit: ${sizeMaxBytes} bytes)`,
      )
    }
  }

  #count(state: SilenceState): number {
    const atMs = this.#deps.clock.now()
    let count = 0
    for (const { stored } of this.#byId.values()) {
      if (silenceState(stored.value, atMs) === state) count++
    }
    return count
  }
}

/** After that many changes, asking the index costs less than going through them. */
const RESCAN_AFTER_CHANGES = 16

const NO_IDS: readonly string[] = []

/** Messages larger than this are sent to everyone at once and not passed on. */
export const GOSSIP_BYTES_MAX = 700

function compile(sets: readonly (readonly SilenceMatcher[])[]): Matcher[][] {
  return sets.map((set) => set.map(({ type, name, pattern }) => new Matcher(type, name, pattern)))
}

/** Two changes in one millisecond still have an order, on which all instances agree. */
function laterThan({ updatedAtMs }: Silence, atMs: number): number {
  return Math.max(atMs, updatedAtMs + 1)
}

function uuid(random: Random): string {
  const bytes = random.bytes(16)
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
