/** `promtool tsdb analyze`: what the series of a block are made of. */
import { type Matcher, METRIC_NAME } from '@prom/labels'
import { printGoDuration } from '@prom/model'
import { ParseError, parseSelector } from '@prom/promql-syntax'
import { type Block, StorageError, selectFromIndex } from '@prom/tsdb'
import { type Context, EXIT_FAILURE, EXIT_OK } from '../context.ts'
import { Progress } from '../progress.ts'
import { printChunkStatistics } from './chunk-statistics.ts'
import { closeBlocks, openBlocks, TsdbError } from './open-blocks.ts'

const PROGRESS_SERIES = 1000

export interface TsdbAnalyzeValues {
  readonly path: string
  /** Undefined: the last block. */
  readonly blockId: string | undefined
  readonly limit: number
  /** A selector, or empty. */
  readonly match: string | undefined
  readonly isExtended: boolean
}

export async function tsdbAnalyze(values: TsdbAnalyzeValues, context: Context): Promise<number> {
  const { stdout, stderr } = context.host
  let blocks: readonly Block[] = []
  try {
    const matchers = values.match ? parseSelector(values.match) : []
    blocks = openBlocks(values.path, context)
    const block = pick(blocks, values.blockId)
    const progress = new Progress('Analyzing', context.host)
    const { text, refs } = analyze(block, matchers, values, progress)
    progress.end()
    stdout.write(text)
    if (values.isExtended) {
      const count = refs.length
      const shown = printChunkStatistics(block, refs, (done) => progress.show(done / count))
      progress.end()
      stdout.write(shown)
    }
    return EXIT_OK
  } catch (err) {
    const isKnown = [TsdbError, ParseError, StorageError].some((type) => err instanceof type)
    if (!isKnown || !(err instanceof Error)) throw err
    stderr.write(`${err.message}\n`)
    return EXIT_FAILURE
  } finally {
    closeBlocks(blocks)
  }
}

function pick(blocks: readonly Block[], id: string | undefined): Block {
  const found = id ? blocks.find(({ meta }) => meta.ulid === id) : blocks.at(-1)
  if (found) return found
  throw new TsdbError(id && blocks.length > 0 ? `invalid block ID ${id}` : 'no blocks found')
}

type Counts = ReadonlyMap<string, number>

interface Tally {
  readonly refs: ArrayLike<number>
  readonly seriesCount: number
  readonly pairEntries: number
  /** Milliseconds of the block's range that the series with it do not cover. */
  readonly uncoveredByPair: Counts
  readonly uncoveredByName: Counts
  readonly seriesByPair: Counts
  readonly valuesByName: ReadonlyMap<string, ReadonlySet<string>>
  readonly seriesByMetric: Counts
}

function analyze(
  block: Block,
  matchers: readonly Matcher[],
  { limit, match }: TsdbAnalyzeValues,
  progress: Progress,
): { readonly text: string; readonly refs: ArrayLike<number> } {
  const { meta } = block
  const rangeMs = meta.maxTime - meta.minTime
  const tally = count(block, matchers, progress)
  const share = (counts: Counts) =>
    new Map([...counts].map(([key, ms]) => [key, Math.floor(ms / rangeMs)]))
  const byValues = (measure: (values: ReadonlySet<string>) => number) =>
    new Map([...tally.valuesByName].map(([name, values]) => [name, measure(values)]))
  const length = (values: ReadonlySet<string>) =>
    [...values].reduce((sum, value) => sum + Buffer.byteLength(value), 0)
  const head = [
    `Block ID: ${meta.ulid}`,
    `Duration: ${printGoDuration(rangeMs * 1e6)}`,
    `Total Series: ${meta.stats.numSeries ?? 0}`,
    ...(matchers.length > 0 ? [`Matcher: ${match}`] : []),
    `Label names: ${tally.valuesByName.size}`,
    ...(matchers.length > 0 ? [`Matched series: ${tally.seriesCount}`] : []),
    `Postings (unique label pairs): ${tally.seriesByPair.size}`,
    `Postings entries (total label pairs): ${tally.pairEntries}`,
  ]
  const lists: readonly (readonly [string, Counts])[] = [
    ['Label pairs most involved in churning', share(tally.uncoveredByPair)],
    ['Label names most involved in churning', share(tally.uncoveredByName)],
    ['Most common label pairs', tally.seriesByPair],
    ['Label names with highest cumulative label value length', byValues(length)],
    ['Highest cardinality labels', byValues((values) => values.size)],
    ['Highest cardinality metric names', tally.seriesByMetric],
  ]
  const shown = lists.map(([title, counts]) => `\n${title}:\n${printTop(counts, limit)}`)
  return { text: `${head.join('\n')}\n${shown.join('')}`, refs: tally.refs }
}

function count({ index, meta }: Block, matchers: readonly Matcher[], progress: Progress): Tally {
  const uncoveredByPair = new Map<string, number>()
  const uncoveredByName = new Map<string, number>()
  const seriesByPair = new Map<string, number>()
  const seriesByMetric = new Map<string, number>()
  const valuesByName = new Map<string, Set<string>>()
  const add = (counts: Map<string, number>, key: string, amount: number) =>
    counts.set(key, (counts.get(key) ?? 0) + amount)
  const refs = matchers.length > 0 ? selectFromIndex(index, matchers) : index.allPostings()
  let pairEntries = 0
  let done = 0
  for (const ref of refs) {
    if (++done % PROGRESS_SERIES === 0) progress.show(done / refs.length)
    const { labels, chunks } = index.series(ref)
    const coveredMs = (chunks.at(-1)?.maxt ?? 0) - (chunks[0]?.mint ?? 0)
    const uncoveredMs = meta.maxTime - meta.minTime - coveredMs
    add(seriesByMetric, labels.get(METRIC_NAME), 1)
    for (const [name, value] of labels) {
      const pair = `${name}=${value}`
      add(uncoveredByPair, pair, uncoveredMs)
      add(uncoveredByName, name, uncoveredMs)
      add(seriesByPair, pair, 1)
      const values = valuesByName.get(name)
      if (values) values.add(value)
      else valuesByName.set(name, new Set([value]))
      pairEntries++
    }
  }
  return {
    refs,
    seriesCount: refs.length,
    pairEntries,
    uncoveredByPair,
    uncoveredByName,
    seriesByPair,
    valuesByName,
    seriesByMetric,
  }
}

/** The largest first; equal ones by name, where the original has no order. */
function printTop(counts: Counts, limit: number): string {
  return [...counts]
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, limit)
    .map(([key, value]) => `${value} ${key}\n`)
    .join('')
}
