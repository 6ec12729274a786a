/** `promtool push ...`. */
import {
  argument,
  type Command,
  defineCommand,
  flag,
  goDuration,
  listArgument,
  listFlag,
} from '@prom/flags'
import type { Host } from '@prom/runtime'
import type { Context } from '../context.ts'
import { existingFile, header, serverUrl } from '../kinds.ts'

export function pushCommands(host: Host): readonly Command<Context>[] {
  return [
    defineCommand({
      name: 'metrics',
      help: 'Push metrics to a prometheus remote write (for testing purpose only).',
      flags: {
        labels: listFlag('label', header, {
          help: 'Label to attach to metrics. Can be specified multiple times.',
          default: 'job=promtool',
        }),
        timeoutMs: flag('timeout', goDuration, {
          help: 'The time to wait for pushing metrics.',
          default: '30s',
        }),
        headers: listFlag('header', header, { help: 'Prometheus remote write header.' }),
      },
      args: {
        url: argument('remote-write-url', serverUrl, {
          help: 'Prometheus remote write url to push metrics.',
          isRequired: true,
        }),
        files: listArgument('metric-files', existingFile(host), {
          help: 'The metric files to push, default is read from standard input.',
        }),
      },
      run: async (values, context: Context) => {
        const { pushMetrics } = await import('../push/push-metrics.ts')
        const { httpConfigFile } = values as unknown as {
          readonly httpConfigFile: string | undefined
        }
        return pushMetrics({ ...values, httpConfigFile }, context)
      },
    }),
  ]
}
