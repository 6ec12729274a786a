/** The series of the log as a queue sends them: relabelled, labels ready to be copied into requests. */
import { compareBytes, Labels } from '@prom/labels'
import { MessageWriter } from '@prom/protobuf'
import { type RelabelRule, relabel } from '@prom/relabel'

/** Numbers in WAL and remote write: unknown, counter, gauge, histogram, gauge histogram, summary, info, stateset. */
export interface SentMetadata {
  readonly type: number
  readonly help: string
  readonly unit: string
}

/** A text of version 2, with its number in the request being written. */
export interface Text {
  readonly bytes: Uint8Array
  /** Number in request `stamp`. */
  index: number
  stamp: number
  uses: number
}

export interface SentSeries {
  /** Version 1: the Label messages, keys included. Version 2: empty. */
  readonly labels: Uint8Array
  /** Version 2: name, value, name, value ...; else empty. */
  readonly texts: readonly Text[]
  metadata: { readonly type: number; readonly help: Text; readonly unit: Text } | undefined
  /** The newest log segment that named it. */
  segment: number
}

/** What `get` finds for a series that relabelling dropped. */
export const DROPPED = 'dropped'

export interface SentSeriesOptions {
  readonly externalLabels: Labels
  readonly rules: readonly RelabelRule[]
  readonly isVersion2: boolean
}

const PAGE = 1024

export class SentSeriesTable {
  readonly #options: SentSeriesOptions
  /** Pages of refs: refs are dense, and old ones go together. */
  readonly #pages = new Map<number, (SentSeries | typeof DROPPED | undefined)[]>()
  readonly #droppedSegments = new Map<number, number>()
  readonly #texts = new Map<string, Text>()
  readonly #encoder = new TextEncoder()

  constructor(options: SentSeriesOptions) {
    this.#options = options
  }

  get(ref: number): SentSeries | typeof DROPPED | undefined {
    return this.#pages.get(Math.floor(ref / PAGE))?.[ref % PAGE]
  }

  /** Notes a series that `segment` of the log names. */
  add(ref: number, segment: number, labels: () => Labels): void {
    const known = this.get(ref)
    if (known === DROPPED) {
      this.#droppedSegments.set(ref, segment)
      return
    }
    if (known) {
      known.segment = segment
      return
    }
    const sent = this.#relabel(labels())
    if (!sent) {
      this.#set(ref, DROPPED)
      this.#droppedSegments.set(ref, segment)
      return
    }
    this.#set(ref, {
      labels: this.#options.isVersion2 ? new Uint8Array() : encodeLabels(sent.flat()),
      texts: this.#options.isVersion2 ? sent.flat().map((text) => this.#use(text)) : [],
      metadata: undefined,
      segment,
    })
  }

  setMetadata(ref: number, { type, help, unit }: SentMetadata): void {
    const series = this.get(ref)
    if (!series || series === DROPPED || !this.#options.isVersion2) return
    this.#releaseMetadata(series)
    series.metadata = { type, help: this.#use(help), unit: this.#use(unit) }
  }

  /** Forgets series that no segment from `segment` on has named. */
  forgetBefore(segment: number): void {
    for (const [index, page] of this.#pages) {
      let isUsed = false
      for (let i = 0; i < PAGE; i++) {
        const series = page[i]
        if (series === undefined) continue
        const ref = index * PAGE + i
        const last = series === DROPPED ? this.#droppedSegments.get(ref) : series.segment
        if ((last ?? -1) >= segment) {
          isUsed = true
          continue
        }
        page[i] = undefined
        if (series === DROPPED) this.#droppedSegments.delete(ref)
        else this.#release(series)
      }
      if (!isUsed) this.#pages.delete(index)
    }
  }

  #set(ref: number, series: SentSeries | typeof DROPPED): void {
    const index = Math.floor(ref / PAGE)
    let page = this.#pages.get(index)
    if (!page) {
      page = new Array(PAGE).fill(undefined)
      this.#pages.set(index, page)
    }
    page[ref % PAGE] = series
  }

  #relabel(labels: Labels): Labels | undefined {
    const { externalLabels, rules } = this.#options
    let all = labels
    for (const [name, value] of externalLabels) if (!all.has(name)) all = all.with(name, value)
    const sent = relabel(all, rules)
    return sent && sent.size > 0 ? sent : undefined
  }

  #use(text: string): Text {
    let known = this.#texts.get(text)
    if (!known) {
      known = { bytes: this.#encoder.encode(text), index: 0, stamp: 0, uses: 0 }
      this.#texts.set(text, known)
    }
    known.uses++
    return known
  }

  #release(series: SentSeries): void {
    for (const text of series.texts) this.#drop(text)
    this.#releaseMetadata(series)
  }

  #releaseMetadata({ metadata }: SentSeries): void {
    if (!metadata) return
    this.#drop(metadata.help)
    this.#drop(metadata.unit)
  }

  #drop(text: Text): void {
    text.uses--
    if (text.uses === 0) this.#texts.delete(new TextDecoder().decode(text.bytes))
  }
}

/** The Label messages of a series: name 1, value 2. */
export function encodeLabels(flat: readonly string[]): Uint8Array {
  const writer = new MessageWriter()
  for (let i = 0; i < flat.length; i += 2) {
    writer.message(1, (label) =>
      label.string(1, flat[i] as string).string(2, flat[i + 1] as string),
    )
  }
  return writer.finish()
}

/** External labels in label order. */
export function sortedExternalLabels(labels: Iterable<readonly [string, string]>): Labels {
  const pairs = [...labels].sort(([a], [b]) => compareBytes(a, b))
  return Labels.from(pairs)
}
