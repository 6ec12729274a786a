/** `promtool query series`. */
import { type Context, EXIT_FAILURE, EXIT_OK } from '../context.ts'
import { openApi } from './api-client.ts'
import { optionalTimes } from './optional-times.ts'
import { printLabelSet, sortedLabels } from './print-result.ts'

export interface QuerySeriesValues {
  readonly server: string
  readonly matchers: readonly string[]
  readonly start: string | undefined
  readonly end: string | undefined
  readonly format: string
  readonly httpConfigFile: string | undefined
}

export async function querySeries(values: QuerySeriesValues, context: Context): Promise<number> {
  const { stdout, stderr } = context.host
  const times = optionalTimes(values)
  if ('error' in times) {
    stderr.write(`${times.error}\n`)
    return EXIT_FAILURE
  }
  let api: Awaited<ReturnType<typeof openApi>> | undefined
  try {
    api = await openApi(values, context)
    const { data } = await api.ask('/api/v1/series', [
      ...values.matchers.map((matcher) => ['match[]', matcher] as const),
      ...times.parameters,
    ])
    const series = data as readonly Readonly<Record<string, string>>[]
    if (values.format === 'json') stdout.write(`${JSON.stringify(series.map(sortedLabels))}\n`)
    else for (const labels of series) stdout.write(`${printLabelSet(labels)}\n`)
    return EXIT_OK
  } catch (err) {
    stderr.write(`query error: ${(err as Error).message}\n`)
    return EXIT_FAILURE
  } finally {
    await api?.close()
  }
}
