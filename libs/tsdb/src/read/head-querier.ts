import { compareBytes, Labels, type Matcher } from '@prom/labels'
import type {
  ColumnMemory,
  LabelHints,
  LabelPairs,
  Querier,
  SampleColumns,
  SelectHints,
  SeriesSet,
} from '@prom/storage'
import type { Stones } from '../block/tombstones.ts'
import type { HeadMemory } from '../head/head-memory.ts'
import { readHeadTombstones } from '../head/head-tombstones.ts'
import { H, P, R, RECORD_BYTES, RECORDS, SLOT_MASK } from '../head/layout.ts'
import type { SymbolStrings } from '../head/strings.ts'
import { Capture } from './capture.ts'
import type { ChunkDecoder } from './chunk-decoder.ts'
import { selectRefs } from './head-select.ts'
import { type KeptValues, listValues } from './kept-values.ts'
import { LateCapture, type LateSeries, withLate } from './late-capture.ts'
import { LaterBatches } from './later-batches.ts'
import { type SelectionBound, SelectionTooLarge } from './selection-bound.ts'
import { symbolOf } from './string-lookup.ts'
import { touchChunks } from './touch-chunks.ts'

const NO_SAMPLES: SampleColumns = {
  times: new Float64Array(0),
  values: new Float64Array(0),
  start: 0,
  end: 0,
  histograms: undefined,
  startTimes: undefined,
}

/** What a reading thread keeps between queries. */
export interface HeadView {
  readonly memory: HeadMemory
  readonly strings: SymbolStrings
  readonly decoder: ChunkDecoder
  /** Selections, by matchers and order, while no series came or went. */
  readonly selections: Map<string, Selection>
  /** How many labels the selections keep together. */
  labelsKept: number
  /** What numbers of pairs mean, and in which generation of addresses. */
  pairScope: { readonly generation: number }
  /** Values of label names. */
  readonly values: KeptValues
}

interface Selection {
  readonly version: number
  readonly refs: Uint32Array
  /** Labels of some of the series, made when first asked for. */
  readonly labels: (Labels | undefined)[]
}

/** Labels that all selections keep together: what dashboards ask for again and again is mostly less. */
const LABELS_KEPT_MAX = 40_000

const SELECTIONS_MAX = 32
const ATTEMPTS_MAX = 10

/** The head as it was at one commit. */
export class HeadQuerier implements Querier {
  readonly warnings: readonly string[] = []
  readonly #view: HeadView
  /** The moment it shows. */
  #commit: number
  #hasSelected = false
  readonly #isEmpty: boolean
  readonly #onClose: () => void

  readonly #bound: SelectionBound | undefined

  /** `bound`: larger selections are refused with SelectionTooLarge. */
  constructor(
    view: HeadView,
    mint: number,
    maxt: number,
    onClose: () => void,
    bound?: SelectionBound,
  ) {
    this.#view = view
    this.#bound = bound
    this.#onClose = onClose
    const { f64, i32 } = view.memory
    this.#commit = Atomics.load(i32, H.commit >>> 2)
    const isLateToo = f64[H.lateMinTime >>> 3]! <= maxt && f64[H.lateMaxTime >>> 3]! >= mint
    this.#isEmpty = !isLateToo && !(f64[H.minTime >>> 3]! <= maxt && f64[H.maxTime >>> 3]! >= mint)
  }

  select(matchers: readonly Matcher[], hints: SelectHints): SeriesSet {
    const { memory } = this.#view
    if (this.#isEmpty) return new HeadSeriesSet(this.#view, new Uint32Array(0), hints, 0, [])
    const { i32 } = memory
    const selected = this.#select(matchers, hints.anyOrder ?? false)
    for (let attempt = 1; ; attempt++) {
      const { refs, labels } = selected
      const set = new HeadSeriesSet(this.#view, refs, hints, this.#commit, labels)
      if (this.#bound && set.samplesMax > this.#bound.samplesMax) throw new SelectionTooLarge()
      // A series that got two batches meanwhile cannot be shown as it was. As long as nobody has seen anything of
      // this moment, a later one will do.
      if (!set.isBlurred || this.#hasSelected || attempt === ATTEMPTS_MAX) {
        this.#hasSelected = true
        return set
      }
      this.#commit = Atomics.load(i32, H.commit >>> 2)
    }
  }

  labelNames(matchers: readonly Matcher[], hints: LabelHints): string[] {
    const { memory, strings } = this.#view
    const { u32 } = memory
    const names = new Set<number>()
    if (this.#isEmpty) return []
    if (matchers.length === 0) {
      for (let at = u32[H.firstName >>> 2]!; at !== 0; at = u32[(at >>> 2) + 3]!) {
        if (this.#hasSeries(u32[(at >>> 2) + 1]!)) names.add(u32[at >>> 2]!)
      }
    } else {
      this.#forEachPair(selectRefs(memory, strings, matchers), (pair) =>
        names.add(u32[pair >>> 2]!),
      )
    }
    return limit([...names].map((name) => strings.of(name)).sort(compareBytes), hints.limit)
  }

  labelValues(name: string, matchers: readonly Matcher[], hints: LabelHints): string[] {
    const { memory, strings } = this.#view
    const { u32 } = memory
    const symbol = symbolOf(memory, name)
    if (symbol === 0 || this.#isEmpty) return []
    if (matchers.length === 0) return limit(listValues(this.#view, symbol), hints.limit)
    const values = new Set<number>()
    let last = 0
    for (const ref of this.#select(matchers, true).refs) {
      const list = labelList(u32, ref)
      const count = u32[list]!
      for (let i = 1; i <= count; i++) {
        const pair = u32[list + i]!
        if (u32[pair >>> 2] !== symbol) continue
        if (pair !== last) values.add(u32[(pair + P.value) >>> 2]!)
        last = pair
        break
      }
    }
    return limit([...values].map((value) => strings.of(value)).sort(compareBytes), hints.limit)
  }

  close(): void {
    this.#onClose()
  }

  #hasSeries(firstPair: number): boolean {
    const { u32 } = this.#view.memory
    for (let pair = firstPair; pair !== 0; pair = u32[(pair + P.nextOfName) >>> 2]!) {
      if (u32[(pair + P.count) >>> 2]! > 0) return true
    }
    return false
  }

  #forEachPair(refs: Uint32Array, visit: (pair: number) => void): void {
    const { u32 } = this.#view.memory
    for (const ref of refs) {
      const list = u32[(RECORDS + (ref & SLOT_MASK) * RECORD_BYTES + R.labels) >>> 2]! >>> 2
      for (let i = 1; i <= u32[list]!; i++) visit(u32[list + i]!)
    }
  }

  #select(matchers: readonly Matcher[], anyOrder: boolean): Selection {
    const { memory, strings, selections } = this.#view
    const version = memory.u32[H.seriesVersion >>> 2]!
    const texts = matchers.map((m) => `${m.name}\0${m.type}\0${m.value}`)
    const key = `${anyOrder ? '*' : ''}${texts.join('\0\0')}`
    const known = selections.get(key)
    if (known?.version === version) return known
    const found = selectRefs(memory, strings, matchers, this.#bound)
    const refs = anyOrder ? sortByAge(memory, found) : sortByLabels(memory, strings, found)
    selections.delete(key)
    if (selections.size >= SELECTIONS_MAX)
      selections.delete(selections.keys().next().value as string)
    const made: Selection = { version, refs, labels: [] }
    selections.set(key, made)
    return made
  }
}

/** Series whose chunks are touched together before they are decoded. */
const TOUCHED_SERIES = 8

/** Series of one selection; where their chunks lie is read at once, the samples when asked for. */
class HeadSeriesSet implements SeriesSet {
  readonly #view: HeadView
  readonly #hints: SelectHints
  readonly #refs: Uint32Array
  readonly #stones: Stones
  /** Per series, the end of its chunks in the lists below; a chunk's address and visible samples, oldest first. */
  readonly #ends: Uint32Array
  readonly #chunks: Uint32Array
  readonly #counts: Uint16Array
  /** Bytes of the open chunk's stream; 0 = sealed. */
  readonly #openBytes: Uint16Array
  /** 1 where a series may have samples of later batches. */
  readonly #isMixed: Uint8Array
  readonly #later: LaterBatches | undefined
  /** Out-of-order samples, of the series that have any. */
  readonly #late: (LateSeries | undefined)[] | undefined
  readonly length: number
  readonly sizeBytes: number
  /** Some series may show a later moment than the others. */
  readonly isBlurred: boolean

  #touchedTo = 0
  /** The series' places in the selection, and their labels there. */
  readonly #places: Uint32Array
  readonly #labels: (Labels | undefined)[]

  constructor(
    view: HeadView,
    refs: Uint32Array,
    hints: SelectHints,
    commit: number,
    labels: (Labels | undefined)[],
  ) {
    this.#labels = labels
    const places = new Uint32Array(refs.length)
    this.#view = view
    this.#hints = hints
    this.#stones = readHeadTombstones(view.memory)
    const capture = new Capture(view.memory, commit, hints.mint, hints.maxt)
    const kept = new Uint32Array(refs.length)
    const ends = new Uint32Array(refs.length)
    const isMixed = new Uint8Array(refs.length)
    const most = hints.limit && hints.limit > 0 ? hints.limit : Infinity
    let count = 0
    const isLate = view.memory.u32[H.lateSeries >>> 2] !== 0
    const late = isLate ? new LateCapture(view.memory, commit, hints.mint, hints.maxt) : undefined
    this.#late = late && []
    for (let i = 0; i < refs.length && count < most; i++) {
      const lateOfSeries = late?.read(refs[i]!)
      if (!capture.add(refs[i]!) && !lateOfSeries) continue
      if (this.#late) this.#late[count] = lateOfSeries
      kept[count] = refs[i]!
      isMixed[count] = capture.isMixed || lateOfSeries?.isMixed ? 1 : 0
      places[count] = i
      ends[count++] = capture.length
    }
    this.#refs = kept.subarray(0, count)
    this.#places = places
    this.#ends = ends.subarray(0, count)
    this.#isMixed = isMixed.subarray(0, count)
    // Batches that came while series were looked at count as well.
    this.#later = isMixed.includes(1) ? new LaterBatches(view.memory, commit) : undefined
    this.isBlurred = capture.isBlurred || (late?.isBlurred ?? false)
    this.#chunks = capture.chunks
    this.#counts = capture.counts
    this.#openBytes = capture.openBytes
    this.length = count
    this.sizeBytes = count * 8 + capture.length * 8
  }

  /** There are no more samples than this, those out of order left out. */
  get samplesMax(): number {
    let sum = 0
    const chunks = this.length === 0 ? 0 : this.#ends[this.length - 1]!
    for (let i = 0; i < chunks; i++) sum += this.#counts[i]!
    return sum
  }

  get memory(): ColumnMemory {
    return this.#view.decoder.memory
  }

  labels(index: number): Labels {
    const place = this.#places[index]!
    const known = this.#labels[place]
    if (known) return known
    const labels = this.#makeLabels(index)
    if (this.length > LABELS_KEPT_MAX / 2) return labels
    if (this.#view.labelsKept >= LABELS_KEPT_MAX) {
      for (const { labels: all } of this.#view.selections.values()) all.length = 0
      this.#view.labelsKept = 0
    }
    this.#labels[place] = labels
    this.#view.labelsKept++
    return labels
  }

  #makeLabels(index: number): Labels {
    const { memory, strings } = this.#view
    const { u32 } = memory
    const list = labelList(u32, this.#refs[index]!)
    const flat: string[] = []
    for (let i = 1; i <= u32[list]!; i++) {
      const pair = u32[list + i]! >>> 2
      flat.push(strings.of(u32[pair]!), strings.of(u32[pair + 1]!))
    }
    return Labels.fromSortedFlat(flat)
  }

  samples(index: number): SampleColumns {
    const later = this.#isMixed[index] === 1 ? this.#later : undefined
    const inOrder = without(this.#inOrder(index), later)
    const late = this.#late?.[index]
    if (!late) return inOrder
    const { decoder, memory } = this.#view
    const deleted = this.#stones.get(this.#refs[index]!)
    return withLate(inOrder, late, decoder, memory.u16, { ...this.#hints, later }, deleted)
  }

  #inOrder(index: number): SampleColumns {
    const start = index === 0 ? 0 : this.#ends[index - 1]!
    const end = this.#ends[index]!
    if (start === end) return NO_SAMPLES
    const { decoder } = this.#view
    if (!decoder.isHot && index >= this.#touchedTo) {
      this.#touchedTo = Math.min(index + TOUCHED_SERIES, this.length)
      touchChunks(this.#view.memory.u32, this.#chunks, start, this.#ends[this.#touchedTo - 1]!)
    }
    let most = 0
    for (let i = start; i < end; i++) most += this.#counts[i]!
    decoder.begin(most)
    for (let i = start; i < end; i++) {
      const chunk = this.#chunks[i]!
      decoder.addFromHead(chunk, this.#openBytes[i]!, this.#counts[i]!)
    }
    return decoder.end(this.#hints.mint, this.#hints.maxt, this.#stones.get(this.#refs[index]!))
  }

  release(): void {
    this.#view.decoder.release()
  }

  get pairs(): LabelPairs {
    const { memory, strings } = this.#view
    const { u32 } = memory
    const refs = this.#refs
    const generation = u32[H.generation >>> 2]!
    if (this.#view.pairScope.generation !== generation) this.#view.pairScope = { generation }
    return {
      scope: this.#view.pairScope,
      of(index, into) {
        const list = labelList(u32, refs[index]!)
        const count = u32[list]!
        if (count > into.length) return -1
        for (let i = 0; i < count; i++) into[i] = u32[list + 1 + i]!
        return count
      },
      text: (pair) => [strings.of(u32[pair >>> 2]!), strings.of(u32[(pair + P.value) >>> 2]!)],
    }
  }

  valueIds(name: string): Uint32Array {
    const { memory } = this.#view
    const { u32 } = memory
    const ids = new Uint32Array(this.length)
    const symbol = symbolOf(memory, name)
    if (symbol === 0) return ids
    for (let i = 0; i < this.length; i++) {
      const list = labelList(u32, this.#refs[i]!)
      for (let k = 1; k <= u32[list]!; k++) {
        const pair = u32[list + k]!
        if (u32[pair >>> 2] === symbol) ids[i] = pair
      }
    }
    return ids
  }
}

/** Without the samples at the end that came later. */
function without(columns: SampleColumns, later: LaterBatches | undefined): SampleColumns {
  if (!later) return columns
  let { end } = columns
  while (end > columns.start && later.has(columns.times[end - 1]!)) end--
  return end === columns.end ? columns : { ...columns, end }
}

function labelList(u32: Uint32Array, ref: number): number {
  return u32[(RECORDS + (ref & SLOT_MASK) * RECORD_BYTES + R.labels) >>> 2]! >>> 2
}

/** Compat: as the original has them where it does not sort, in the order in which the series were made. */
function sortByAge({ u32 }: HeadMemory, refs: Uint32Array): Uint32Array {
  const numbers = new Uint32Array(refs.length)
  let isSorted = true
  for (let i = 0; i < refs.length; i++) {
    numbers[i] = u32[(RECORDS + (refs[i]! & SLOT_MASK) * RECORD_BYTES + R.walRef) >>> 2]!
    if (i > 0 && numbers[i]! < numbers[i - 1]!) isSorted = false
  }
  if (isSorted) return refs.slice()
  const byNumber = new Map<number, number>()
  for (let i = 0; i < refs.length; i++) byNumber.set(numbers[i]!, refs[i]!)
  return numbers.sort().map((number) => byNumber.get(number)!)
}

function sortByLabels(memory: HeadMemory, strings: SymbolStrings, refs: Uint32Array): Uint32Array {
  const { u32 } = memory
  const textOf = (symbol: number) => strings.of(symbol)
  const order = Array.from(refs)
  order.sort((a, b) => {
    const x = labelList(u32, a)
    const y = labelList(u32, b)
    const length = Math.min(u32[x]!, u32[y]!)
    for (let i = 1; i <= length; i++) {
      const p = u32[x + i]!
      const q = u32[y + i]!
      if (p === q) continue
      const name = compareBytes(textOf(u32[p >>> 2]!), textOf(u32[q >>> 2]!))
      return name !== 0
        ? name
        : compareBytes(textOf(u32[(p >>> 2) + 1]!), textOf(u32[(q >>> 2) + 1]!))
    }
    return u32[x]! - u32[y]!
  })
  return Uint32Array.from(order)
}

function limit(values: string[], max: number | undefined): string[] {
  return max && max > 0 ? values.slice(0, max) : values
}
