/** `promtool debug ...`. */
import { argument, type Command, defineCommand, word } from '@prom/flags'
import type { Context } from '../context.ts'

const server = (help: string) => ({
  server: argument('server', word, { help, isRequired: true }),
})

export function debugCommands(): readonly Command<Context>[] {
  return [
    defineCommand({
      name: 'pprof',
      help: 'Fetch profiling debug information.',
      args: server('Prometheus server to get pprof files from.'),
      run: async (values, context: Context) => {
        const { debugFiles, PROFILES } = await import('../debug/debug-files.ts')
        return debugFiles(values.server, PROFILES, context)
      },
    }),
    defineCommand({
      name: 'metrics',
      help: 'Fetch metrics debug information.',
      args: server('Prometheus server to get metrics from.'),
      run: async (values, context: Context) => {
        const { debugFiles, METRICS } = await import('../debug/debug-files.ts')
        return debugFiles(values.server, METRICS, context)
      },
    }),
    defineCommand({
      name: 'all',
      help: 'Fetch all debug information.',
      args: server('Prometheus server to get all debug information from.'),
      run: async (values, context: Context) => {
        const { debugFiles, METRICS, PROFILES } = await import('../debug/debug-files.ts')
        return debugFiles(values.server, [...PROFILES, ...METRICS], context)
      },
    }),
  ]
}
