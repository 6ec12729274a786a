/** `promtool tsdb list`. */
import { printBytes, printGoDuration } from '@prom/model'
import type { Block } from '@prom/tsdb'
import { type Context, EXIT_FAILURE, EXIT_OK } from '../context.ts'
import { closeBlocks, openBlocks, TsdbError } from './open-blocks.ts'

const COLUMNS = [
  'BLOCK ULID',
  'MIN TIME',
  'MAX TIME',
  'DURATION',
  'NUM SAMPLES',
  'NUM CHUNKS',
  'NUM SERIES',
  'SIZE',
]
const WIDTH_MIN = 13
const PADDING = 2

export async function tsdbList(
  values: { readonly path: string; readonly isHumanReadable: boolean },
  context: Context,
): Promise<number> {
  const { stdout, stderr } = context.host
  try {
    const blocks = openBlocks(values.path, context)
    stdout.write(printBlocks(blocks, { ...values, hasHeader: true }, context))
    closeBlocks(blocks)
    return EXIT_OK
  } catch (err) {
    if (!(err instanceof TsdbError)) throw err
    stderr.write(`${err.message}\n`)
    return EXIT_FAILURE
  }
}

/** The table of blocks, as creating them prints it too. */
export function printBlocks(
  blocks: readonly Block[],
  {
    isHumanReadable,
    hasHeader,
  }: { readonly isHumanReadable: boolean; readonly hasHeader: boolean },
  context: Context,
): string {
  const time = isHumanReadable ? printTime : String
  const size = isHumanReadable ? printBytes : String
  const rows = [
    ...(hasHeader ? [COLUMNS] : []),
    ...blocks.map((block) => {
      const { ulid, minTime, maxTime, stats } = block.meta
      return [
        ulid,
        time(minTime),
        time(maxTime),
        printGoDuration((maxTime - minTime) * 1e6),
        String(stats.numSamples ?? 0),
        String(stats.numChunks ?? 0),
        String(stats.numSeries ?? 0),
        size(blockSize(block, context)),
      ]
    }),
  ]
  const widths = COLUMNS.map((_, column) =>
    Math.max(WIDTH_MIN, ...rows.map((row) => row[column]!.length + PADDING)),
  )
  return rows
    .map((row) => {
      const cells = row.map((cell, column) =>
        column < COLUMNS.length - 1 ? cell.padEnd(widths[column]!) : cell,
      )
      return `${cells.join('')}\n`
    })
    .join('')
}

function blockSize({ dir, chunks }: Block, { host }: Context): number {
  const files = ['index', 'meta.json', 'tombstones']
  const sizes = files.map((name) => host.files.statSync(`${dir}/${name}`)?.sizeBytes ?? 0)
  return sizes.reduce((sum, size) => sum + size, chunks.sizeBytes)
}

/** `2023-11-14 12:00:00 +0000 UTC`; fractions of a second are cut off. */
function printTime(ms: number): string {
  const seconds = Math.trunc(ms / 1000)
  const [date, clock] = new Date(seconds * 1000).toISOString().split('T') as [string, string]
  return `${date} ${clock.replace(/\.000Z$/, '')} +0000 UTC`
}
