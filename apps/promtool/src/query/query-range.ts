/** `promtool query range`. */
import { type Context, EXIT_FAILURE, EXIT_OK } from '../context.ts'
import { readTime } from '../kinds.ts'
import { openApi } from './api-client.ts'
import { printQueryResult, type QueryData } from './print-result.ts'

const RANGE_MS = 300_000
/** Without --step a range has about this many points, and at most one a second. */
const POINTS = 250

export interface QueryRangeValues {
  readonly server: string
  readonly expr: string
  readonly start: string | undefined
  readonly end: string | undefined
  /** Milliseconds; 0 and undefined: by the range. */
  readonly step: number | undefined
  readonly headers: readonly (readonly [string, string])[]
  readonly format: string
  readonly httpConfigFile: string | undefined
}

export async function queryRange(values: QueryRangeValues, context: Context): Promise<number> {
  const { host } = context
  const range = readRange(values, host.clock.now())
  if ('error' in range) {
    host.stderr.write(`${range.error}\n`)
    return EXIT_FAILURE
  }
  const { startMs, endMs } = range
  const stepSeconds = values.step
    ? values.step / 1000
    : Math.max(Math.floor((endMs - startMs) / 1000 / POINTS), 1)
  let api: Awaited<ReturnType<typeof openApi>> | undefined
  try {
    api = await openApi(values, context)
    const { data } = await api.ask('/api/v1/query_range', [
      ['query', values.expr],
      ['start', String(startMs / 1000)],
      ['end', String(endMs / 1000)],
      ['step', String(stepSeconds)],
    ])
    host.stdout.write(printQueryResult(data as QueryData, values.format))
    return EXIT_OK
  } catch (err) {
    host.stderr.write(`query error: ${(err as Error).message}\n`)
    return EXIT_FAILURE
  } finally {
    await api?.close()
  }
}

function readRange(
  { start, end }: QueryRangeValues,
  nowMs: number,
): { readonly startMs: number; readonly endMs: number } | { readonly error: string } {
  let name = 'end'
  try {
    const endMs = end ? readTime(end) : nowMs
    name = 'start'
    const startMs = start ? readTime(start) : endMs - RANGE_MS
    return startMs < endMs ? { startMs, endMs } : { error: 'start time is not before end time' }
  } catch (err) {
    return { error: `error parsing ${name} time: ${(err as Error).message}` }
  }
}
