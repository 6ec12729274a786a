/** Turns the samples of one family of a push, as they are read, into its packed form with the labels of its group. */
import {
  encodeValue,
  FamilyBuilder,
  type FamilyDraft,
  type FamilyHeader,
  type PointSink,
  type SampleLine,
} from '@prom/exposition'
import { describePoint, type MetricPoint, type MetricType } from '@prom/metrics'
import { quoteGo } from '@prom/model'
import { MessageWriter } from '@prom/protobuf'
import {
  encodeHeader,
  isCompound,
  LABEL_KEY,
  NAME_KEY,
  type PackedFamily,
  POINT_KEY,
  putVarint,
  VALUE_KEY,
  varintSize,
} from './packed-family.ts'
import { comparePoints } from './point-order.ts'

const FIRST_BYTES = 512
const VALUE_BYTES = 11
const FAULTS_MAX = 1000
const VALUE_FIELDS: Partial<Record<MetricType, number>> = { gauge: 2, counter: 3, untyped: 5 }
/** Key and length of a point, and what may come before the labels. */
const POINT_BYTES_MAX = 8

export class FamilyPacker implements FamilyDraft, PointSink {
  readonly name: string
  help: string | undefined
  type: MetricType | undefined
  unit: string | undefined
  hasTimes = false
  /** Why the family cannot be taken, in the original's words. */
  readonly faults: string[] = []
  readonly #group: readonly string[]
  readonly #hasInstance: boolean
  /** Histograms and summaries: their parts come line by line. */
  #parts: FamilyBuilder | undefined
  #bytes = Buffer.allocUnsafe(FIRST_BYTES)
  #size = 0
  #count = 0
  #lastAt = 0
  #isSorted = true
  #merged: string[] = []
  readonly #goodNames = new Set<string>()

  /**
   * `group`: flat labels of the group, sorted by name; they win over those of samples. `hasInstance`: whether each
   * sample is to have that label.
   */
  constructor(name: string, group: readonly string[], hasInstance = true) {
    this.name = name
    this.#group = group
    this.#hasInstance = hasInstance
  }

  get isEmpty(): boolean {
    return this.#count === 0 && this.#parts === undefined
  }

  add(line: SampleLine): void {
    if (line.timeMs !== undefined) this.hasTimes = true
    if (this.type !== undefined && isCompound(this.type)) {
      if (!this.#parts) {
        this.#parts = new FamilyBuilder(this.name)
        this.#parts.type = this.type
      }
      this.#parts.add(line)
    } else {
      this.#findBadName(line.labels, line.value)
      this.#addNumber(line.labels, line.value)
    }
  }

  /** `kind`: what the point says it is, where it says so. `rest`: its message without labels, where it has one. */
  addPoint(
    { labels, value, timeMs }: MetricPoint,
    kind: MetricType | 'none' = this.type ?? 'untyped',
    rest?: Uint8Array,
  ): void {
    if (timeMs !== undefined) this.hasTimes = true
    this.#findFaults(labels, value, kind)
    this.#findBadName(labels, value)
    if (typeof value === 'number' && rest === undefined) {
      this.#addNumber(labels, value)
      return
    }
    const message = rest ?? this.#encode(value)
    const at = this.#open(labels, message.length)
    this.#bytes.set(message, at)
    this.#close(at + message.length)
  }

  #encode(value: MetricPoint['value']): Uint8Array {
    const writer = new MessageWriter()
    encodeValue(writer, this.type ?? 'untyped', { value })
    return writer.finish()
  }

  /** Puts together what came in parts; a pause now and then. */
  *finish(): Generator<undefined, void> {
    const points = this.#parts?.build().points ?? []
    this.#parts = undefined
    for (const [i, point] of points.entries()) {
      if (i % 128 === 127) yield undefined
      this.addPoint({ labels: point.labels, value: point.value })
    }
  }

  /** The families of one push, in bytes of their own. One without samples is told about, but on no page. */
  static pack(packers: readonly FamilyPacker[]): PackedFamily[] {
    const headers = packers.map((packer) => encodeHeader(packer.#header()))
    const sizes = packers.map((packer, i) => packer.#size + (headers[i] as Uint8Array).length)
    const bytes = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0))
    let at = 0
    return packers.map((packer, i) => {
      const header = headers[i] as Uint8Array
      const start = at
      const pointsStart = start + header.length
      bytes.set(header, start)
      bytes.set(packer.#bytes.subarray(0, packer.#size), pointsStart)
      at += sizes[i] as number
      const { name, help, type = 'untyped' } = packer
      const count = packer.#count
      const isSorted = packer.#isSorted
      return { name, help, type, bytes, start, pointsStart, end: at, count, isSorted }
    })
  }

  #header(): FamilyHeader {
    const { name, help, unit } = this
    return { name, help, type: this.type ?? 'untyped', ...(unit !== undefined && { unit }) }
  }

  /** What only a protobuf body can have wrong: a name twice, a value of another type than its family. */
  #findFaults(
    own: readonly string[],
    value: MetricPoint['value'],
    kind: MetricType | 'none',
  ): void {
    const known = this.type ?? 'untyped'
    const twice = own.find((name, i) => i % 2 === 0 && i > 0 && own[i - 2] === name)
    const isAsSaid = kind === known || known === 'gauge_histogram' // Compat: of these nobody asks.
    if (this.faults.length >= FAULTS_MAX || (twice === undefined && isAsSaid)) return
    const labels = twice === undefined ? this.#merge(own) : withAll(own, this.#merge(own))
    const sample = describePoint(kind === 'none' ? 'untyped' : kind, { labels, value }, '  ')
    const shown = kind === 'none' ? sample.replace(/\s*untyped:\{value:[^}]*\}\}$/, '}') : sample
    const fault = isAsSaid
      ? `has two or more labels with the same name: ${twice}`
      : `is not a ${known.toUpperCase()}`
    this.faults.push(`collected metric ${quoteGo(this.name)} ${shown} ${fault}`)
  }

  /** Names that no sample may have: reserved ones, none at all, and a summary's own label. */
  #findBadName(own: readonly string[], value: MetricPoint['value']): void {
    let fault: string | undefined
    for (let i = 0; i < own.length; i += 2) {
      const name = own[i] as string
      if (this.#goodNames.has(name)) continue
      if (name === '' || name.startsWith('__')) {
        fault = `has a label with an invalid name: ${name}`
        break
      }
      this.#goodNames.add(name)
    }
    if (!fault && this.type === 'summary') {
      const isExplicit = (name: string, i: number) => i % 2 === 0 && name === 'quantile'
      if (own.some(isExplicit) || this.#group.some(isExplicit)) {
        fault = 'must not have an explicit "quantile" label'
      }
    }
    if (fault === undefined || this.faults.length >= FAULTS_MAX) return
    const sample = describePoint(this.type ?? 'untyped', { labels: this.#merge(own), value }, '  ')
    this.faults.push(`collected metric ${quoteGo(this.name)} ${sample} ${fault}`)
  }

  #addNumber(labels: readonly string[], value: number): void {
    const at = this.#open(labels, VALUE_BYTES)
    const bytes = this.#bytes
    const field = VALUE_FIELDS[this.type ?? 'untyped'] ?? 5
    bytes[at] = field * 8 + 2
    bytes[at + 1] = 9
    bytes[at + 2] = 9
    bytes.writeDoubleLE(value, at + 3)
    this.#close(at + VALUE_BYTES)
  }

  /** Writes everything up to the value, which has this many bytes; returns where it goes. */
  #open(own: readonly string[], valueBytes: number): number {
    const labels = this.#merge(own)
    let size = valueBytes
    for (let i = 0; i < labels.length; i += 2) {
      const pair = pairBytes(utf8Bytes(labels[i]!), utf8Bytes(labels[i + 1]!))
      size += 1 + varintSize(pair) + pair
    }
    this.#grow(size + POINT_BYTES_MAX)
    const bytes = this.#bytes
    bytes[this.#size] = POINT_KEY
    let at = putVarint(bytes, this.#size + 1, size)
    for (let i = 0; i < labels.length; i += 2) {
      const name = utf8Bytes(labels[i]!)
      const value = utf8Bytes(labels[i + 1]!)
      bytes[at] = LABEL_KEY
      at = putVarint(bytes, at + 1, pairBytes(name, value))
      bytes[at] = NAME_KEY
      at = putVarint(bytes, at + 1, name)
      at = putText(bytes, at, labels[i]!, name)
      bytes[at] = VALUE_KEY
      at = putVarint(bytes, at + 1, value)
      at = putText(bytes, at, labels[i + 1]!, value)
    }
    return at
  }

  #close(end: number): void {
    const at = this.#size
    if (this.#count > 0 && this.#isSorted) {
      this.#isSorted = comparePoints(this.#bytes, this.#lastAt, this.#bytes, at) < 0
    }
    this.#lastAt = at
    this.#size = end
    this.#count++
  }

  /**
   * The labels a sample of the group ends up with: the group's own win, and one without `instance` gets an empty one,
   * so that whoever scrapes does not put in the gateway's.
   */
  #merge(own: readonly string[]): readonly string[] {
    const group = this.#group
    const merged = this.#merged
    merged.length = 0
    let i = 0
    let g = 0
    let hasInstance = !this.#hasInstance
    while (i < own.length || g < group.length) {
      const isOwn = g >= group.length || (i < own.length && own[i]! < group[g]!)
      const from = isOwn ? own : group
      const at = isOwn ? i : g
      const name = from[at]!
      if (!hasInstance && name >= 'instance') {
        if (name !== 'instance') merged.push('instance', '')
        hasInstance = true
      }
      // A protobuf body can have a name twice.
      if (merged[merged.length - 2] === name) merged.length -= 2
      merged.push(name, from[at + 1]!)
      if (isOwn) i += 2
      else {
        if (own[i] === name) i += 2
        g += 2
      }
    }
    if (!hasInstance) merged.push('instance', '')
    return merged
  }

  #grow(count: number): void {
    if (this.#size + count <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#size + count))
    this.#bytes.copy(larger, 0, 0, this.#size)
    this.#bytes = larger
  }
}

/** The labels of the sample, each as often as it has it, and those it does not have. */
function withAll(own: readonly string[], merged: readonly string[]): string[] {
  const names = new Set(own.filter((_, i) => i % 2 === 0))
  const pairs: [string, string][] = []
  for (let i = 0; i < own.length; i += 2) pairs.push([own[i]!, own[i + 1]!])
  for (let i = 0; i < merged.length; i += 2) {
    if (!names.has(merged[i]!)) pairs.push([merged[i]!, merged[i + 1]!])
  }
  return pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).flat()
}

function pairBytes(name: number, value: number): number {
  return 2 + varintSize(name) + name + varintSize(value) + value
}

function utf8Bytes(text: string): number {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 127) return Buffer.byteLength(text)
  }
  return text.length
}

function putText(bytes: Buffer, at: number, text: string, size: number): number {
  if (size !== text.length) return at + bytes.write(text, at)
  for (let i = 0; i < size; i++) bytes[at + i] = text.charCodeAt(i)
  return at + size
}
