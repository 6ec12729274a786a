import { METRIC_NAME } from '@prom/labels'
import { isValidLabelName } from '@prom/model'
import { AnchoredRegex } from '@prom/regex'
import { fail } from '../errors.ts'
import type { Limits } from '../limits.ts'
import { mergeSameLabels, type StepSeries } from '../tile.ts'

/** Expansions remembered by one call. */
const MADE_MAX = 10_000

/** label_replace(v, destination, replacement, source, regex). */
export function labelReplace(
  limits: Limits,
  all: StepSeries[],
  args: readonly string[],
): StepSeries[] {
  const [destination, replacement, source, pattern] = args as [string, string, string, string]
  let regex: AnchoredRegex
  try {
    regex = AnchoredRegex.compile(pattern)
  } catch {
    return fail(`invalid regular expression in label_replace(): ${pattern}`)
  }
  if (!isValidLabelName(destination, 'utf8')) {
    fail(`invalid destination label name in label_replace(): ${destination}`)
  }
  // Values come again and again, in series after series.
  const made = new Map<string, string | undefined>()
  for (const series of all) {
    const text = series.labels.get(source)
    // Labels made of labels grow fast: room for the longest that can come of it.
    limits.check()
    limits.holdBytes(replacement.length * (1 + text.length))
    let value = made.get(text)
    if (value === undefined && !made.has(text)) {
      value = regex.expand(text, replacement)
      if (made.size < MADE_MAX) made.set(text, value)
    }
    limits.releaseBytes(replacement.length * (1 + text.length))
    if (value === undefined) continue
    limits.holdBytes(2 * value.length)
    series.labels = series.labels.with(destination, value)
    // A name that was made here is no longer the one to be dropped.
    if (destination === METRIC_NAME) series.isNameDropped = false
  }
  return mergeSameLabels(all)
}

/** label_join(v, destination, separator, ...sources). */
export function labelJoin(
  limits: Limits,
  all: StepSeries[],
  args: readonly string[],
): StepSeries[] {
  const [destination, separator, ...sources] = args as [string, string, ...string[]]
  for (const source of sources) {
    if (!isValidLabelName(source, 'utf8')) {
      fail(`invalid source label name in label_join(): ${source}`)
    }
  }
  if (!isValidLabelName(destination, 'utf8')) {
    fail(`invalid destination label name in label_join(): ${destination}`)
  }
  for (const series of all) {
    const parts = sources.map((source) => series.labels.get(source))
    limits.check()
    limits.holdBytes(2 * parts.reduce((sum, part) => sum + part.length + separator.length, 0))
    const value = parts.join(separator)
    series.labels = series.labels.with(destination, value)
    if (destination === METRIC_NAME) series.isNameDropped = false
  }
  return mergeSameLabels(all)
}

const DIGITS = /(\d+)/

/** Compares text by text and number by number: "2" before "10". */
function compareNatural(a: string, b: string): number {
  const left = a.split(DIGITS)
  const right = b.split(DIGITS)
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const x = left[i] as string
    const y = right[i] as string
    if (x === y) continue
    if (i % 2 === 1) {
      const p = x.replace(/^0+/, '')
      const q = y.replace(/^0+/, '')
      if (p.length !== q.length) return p.length - q.length
      if (p !== q) return p < q ? -1 : 1
    } else return x < y ? -1 : 1
  }
  return left.length - right.length
}

/** sort_by_label and sort_by_label_desc: by each label in turn, then by all. */
export function sortByLabel(
  all: StepSeries[],
  names: readonly string[],
  isDescending: boolean,
): StepSeries[] {
  const sign = isDescending ? -1 : 1
  return all.sort((a, b) => {
    for (const name of names) {
      const order = compareNatural(a.labels.get(name), b.labels.get(name))
      if (order !== 0) return sign * order
    }
    return sign * a.labels.compare(b.labels)
  })
}
