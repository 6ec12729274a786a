/** What the chunks of a block hold, as `tsdb analyze --extended` shows it. */
import { decodeHistograms, ENCODING_XOR } from '@prom/chunks'
import type { Block } from '@prom/tsdb'

const STEP_MAX = 10_000

/** The text for the series `refs`; `onSeries` hears of each. */
export function printChunkStatistics(
  { index, chunks: stored }: Block,
  refs: ArrayLike<number>,
  onSeries: (count: number) => void,
): string {
  const floats = { samples: [] as number[], bytes: [] as number[] }
  const histograms = { samples: [] as number[], bytes: [] as number[], buckets: [] as number[] }
  for (let i = 0; i < refs.length; i++) {
    onSeries(i)
    for (const { ref } of index.series(refs[i]!).chunks) {
      const { encoding, data } = stored.read(ref)
      const count = (data[0]! << 8) | data[1]!
      const of = encoding === ENCODING_XOR ? floats : histograms
      of.samples.push(count)
      of.bytes.push(data.length)
      if (encoding !== ENCODING_XOR) histograms.buckets.push(countBuckets(encoding, data))
    }
  }
  const total = floats.samples.length + histograms.samples.length
  return [
    '\nCompaction analysis:\n\n',
    display('samples per float chunk', floats.samples, total),
    display('bytes per float chunk', floats.bytes, total),
    display('samples per histogram chunk', histograms.samples, total),
    display('bytes per histogram chunk', histograms.bytes, total),
    display('buckets per histogram chunk', histograms.buckets, total),
  ].join('')
}

function countBuckets(encoding: number, data: Uint8Array): number {
  let count = 0
  for (const { histogram } of decodeHistograms(encoding as 2 | 3, data) ?? []) {
    if (!histogram) continue
    const isFloat = histogram.kind === 'float'
    count += (isFloat ? histogram.positiveBuckets : histogram.positiveDeltas).length
    count += (isFloat ? histogram.negativeBuckets : histogram.negativeDeltas).length
  }
  return count
}

/** A table of ranges, each with a bar of its share of `total`. */
function display(title: string, values: number[], total: number): string {
  if (values.length === 0) return ''
  values.sort((a, b) => a - b)
  const min = values[0]!
  const max = values.at(-1)!
  const { start, end, step } = planRanges(min, max)
  const counts = new Array<number>((end - start) / step + 1).fill(0)
  let sum = 0
  for (const value of values) {
    sum += value
    counts[Math.floor((value - start) / step)]!++
  }
  const average = Math.floor(sum / values.length)
  const [left, right] = [String(end).length, String(end + step).length]
  const wide = String(Math.max(...counts)).length
  const lines = counts.map((count, i) => {
    const from = String(i * step + start + 1).padStart(left)
    const to = String((i + 1) * step + start).padStart(right)
    const bar = '#'.repeat(Math.floor((100 * count) / total))
    return `[${from}, ${to}]: ${String(count).padStart(wide)} ${bar}\n`
  })
  return `${title} (min/avg/max): ${min}/${average}/${max}\n${lines.join('')}\n`
}

function planRanges(min: number, max: number) {
  const tenth = Math.trunc((max - min) / 10)
  let step = 10
  while (step < tenth && step <= STEP_MAX) step *= 10
  return { start: min - (min % step), end: max - (max % step) + step, step }
}
