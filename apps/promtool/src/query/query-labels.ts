/** `promtool query labels`. */
import { type Context, EXIT_FAILURE, EXIT_OK } from '../context.ts'
import { openApi } from './api-client.ts'
import { optionalTimes } from './optional-times.ts'

export interface QueryLabelsValues {
  readonly server: string
  readonly name: string
  readonly matchers: readonly string[]
  readonly start: string | undefined
  readonly end: string | undefined
  readonly format: string
  readonly httpConfigFile: string | undefined
}

export async function queryLabels(values: QueryLabelsValues, context: Context): Promise<number> {
  const { stdout, stderr } = context.host
  const times = optionalTimes(values)
  if ('error' in times) {
    stderr.write(`${times.error}\n`)
    return EXIT_FAILURE
  }
  let api: Awaited<ReturnType<typeof openApi>> | undefined
  try {
    api = await openApi(values, context)
    const path = `/api/v1/label/${encodeURIComponent(values.name)}/values`
    const { data, warnings } = await api.get(path, [
      ...values.matchers.map((matcher) => ['match[]', matcher] as const),
      ...times.parameters,
    ])
    for (const warning of warnings) stderr.write(`query warning: ${warning}\n`)
    const names = data as readonly string[]
    if (values.format === 'json') stdout.write(`${JSON.stringify(names)}\n`)
    else for (const name of names) stdout.write(`${name}\n`)
    return EXIT_OK
  } catch (err) {
    stderr.write(`query error: ${(err as Error).message}\n`)
    return EXIT_FAILURE
  } finally {
    await api?.close()
  }
}
