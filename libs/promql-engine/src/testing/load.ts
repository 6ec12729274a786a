import { type FloatHistogram, makeFloatHistogram } from '@prom/histogram'
import { type Labels, METRIC_NAME } from '@prom/labels'
import { parseDuration, parseFloatGo } from '@prom/model'
import { parseSequence, parseSeriesName, type SequenceItem } from '@prom/promql-syntax'
import type { MemoryStorage } from '@prom/storage'
import type { LoadCommand } from './script.ts'

interface LoadedSeries {
  readonly labels: Labels
  readonly items: readonly SequenceItem[]
  /** Start timestamps as offsets from the sample, where the line before gives them. */
  readonly starts: readonly (number | undefined)[] | undefined
}

/** Runs one load block. */
export function load(command: LoadCommand, storage: MemoryStorage): void {
  const all = parseLines(command)
  const appender = storage.appender()
  for (const { labels, items, starts } of all.values()) {
    items.forEach((item, i) => {
      const timeMs = i * command.stepMs
      const start = starts?.[i]
      if (start !== undefined && (item.kind === 'float' || item.kind === 'histogram')) {
        const value = item.kind === 'float' ? item.value : (item.histogram as FloatHistogram)
        storage.appendStarted(labels, timeMs + start, timeMs, value)
      } else if (item.kind === 'float') appender.append(0, labels, timeMs, item.value)
      else if (item.kind === 'stale') appender.appendStale(0, labels, timeMs)
      else if (item.kind === 'histogram') {
        appender.appendHistogram(0, labels, timeMs, item.histogram as FloatHistogram)
      }
    })
  }
  if (command.withNhcb) {
    for (const { labels, timeMs, histogram } of convertClassic(command, [...all.values()])) {
      appender.appendHistogram(0, labels, timeMs, histogram)
    }
  }
  appender.commit()
}

function parseLines(command: LoadCommand): Map<string, LoadedSeries> {
  const all = new Map<string, LoadedSeries>()
  let starts: (number | undefined)[] | undefined
  for (const line of command.lines) {
    const started = /^(\S*?(?:\{.*\})?)@st\s+(.*)$/.exec(line)
    if (started) {
      starts = parseStarts(started[2] as string)
      continue
    }
    const { labels, length } = parseSeriesName(line)
    all.set(labels.key(), { labels, items: parseSequence(line.slice(length)), starts })
    starts = undefined
  }
  return all
}

function parseStarts(text: string): (number | undefined)[] {
  return text.split(/\s+/).flatMap((word) => {
    const omitted = /^_(?:x(\d+))?$/.exec(word)
    if (omitted) return new Array<undefined>(Number(omitted[1] ?? 1)).fill(undefined)
    const match = /^([+-]?)([0-9a-z]+?)(?:([+-])([0-9a-z]+?))?(?:x(\d+))?$/.exec(word)
    if (!match) throw new Error(`bad start timestamp ${word}`)
    const [, sign, first, stepSign, step, times] = match
    let value = (sign === '-' ? -1 : 1) * milliseconds(first as string)
    const delta = step === undefined ? 0 : (stepSign === '-' ? -1 : 1) * milliseconds(step)
    const result: number[] = []
    for (let i = 0; i <= Number(times ?? 0); i++) {
      result.push(value)
      value += delta
    }
    return result
  })
}

function milliseconds(text: string): number {
  const parsed = parseDuration(text)
  if ('error' in parsed) throw new Error(parsed.error)
  return parsed.ms
}

interface Classic {
  readonly labels: Labels
  readonly buckets: Map<number, number>
  sum: number | undefined
  count: number | undefined
}

/** Native histograms with custom bounds, made from the classic ones of a block. */
function convertClassic(command: LoadCommand, all: readonly LoadedSeries[]) {
  const byKey = new Map<string, Classic & { readonly timeMs: number }>()
  const drop = new Set(['le'])
  for (const { labels, items } of all) {
    const name = labels.get(METRIC_NAME)
    const suffix = /_(bucket|sum|count)$/.exec(name)?.[1]
    if (!suffix) continue
    const bound = parseFloatGo(labels.get('le'))
    if (suffix === 'bucket' && bound === undefined) continue
    const base = labels.without(drop).with(METRIC_NAME, name.slice(0, -suffix.length - 1))
    items.forEach((item, i) => {
      if (item.kind !== 'float') return
      const timeMs = i * command.stepMs
      const key = `${timeMs} ${base.key()}`
      const made = { labels: base, buckets: new Map(), sum: undefined, count: undefined, timeMs }
      const classic = byKey.get(key) ?? made
      byKey.set(key, classic)
      if (suffix === 'bucket') classic.buckets.set(bound as number, item.value)
      else classic[suffix as 'sum' | 'count'] = item.value
    })
  }
  return [...byKey.values()].map((classic) => ({ ...classic, histogram: nativeOf(classic) }))
}

function nativeOf({ buckets, sum, count }: Classic): FloatHistogram {
  const bounds = [...buckets.keys()].sort((a, b) => a - b)
  const finite = bounds.filter((bound) => bound !== Number.POSITIVE_INFINITY)
  const highest = bounds.reduce((max, bound) => Math.max(max, buckets.get(bound) as number), 0)
  const total = count ?? buckets.get(Number.POSITIVE_INFINITY) ?? highest
  const cumulative = [
    ...finite.map((bound) => buckets.get(bound) as number),
    buckets.get(Number.POSITIVE_INFINITY) ?? total,
  ]
  const counts = cumulative.map((value, i) => value - (cumulative[i - 1] ?? 0))
  return makeFloatHistogram({
    schema: -53,
    count: total,
    sum: sum ?? 0,
    customValues: finite,
    positiveSpans: [{ offset: 0, length: counts.length }],
    positiveBuckets: counts,
  })
}
