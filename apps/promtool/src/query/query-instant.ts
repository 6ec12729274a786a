/** `promtool query instant`. */
import { type Context, EXIT_FAILURE, EXIT_OK } from '../context.ts'
import { readTime } from '../kinds.ts'
import { openApi } from './api-client.ts'
import { printQueryResult, type QueryData } from './print-result.ts'

export interface QueryInstantValues {
  readonly server: string
  readonly expr: string
  readonly time: string | undefined
  readonly headers: readonly (readonly [string, string])[]
  readonly format: string
  readonly httpConfigFile: string | undefined
}

export async function queryInstant(values: QueryInstantValues, context: Context): Promise<number> {
  const { host } = context
  let atMs = host.clock.now()
  try {
    if (values.time) atMs = readTime(values.time)
  } catch (err) {
    host.stderr.write(`error parsing evaluation time: ${(err as Error).message}\n`)
    return EXIT_FAILURE
  }
  let api: Awaited<ReturnType<typeof openApi>> | undefined
  try {
    api = await openApi(values, context)
    const { data } = await api.ask('/api/v1/query', [
      ['query', values.expr],
      ['time', String(atMs / 1000)],
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
