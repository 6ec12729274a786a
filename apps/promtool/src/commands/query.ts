/** `promtool query ...`. */
import {
  argument,
  type Command,
  defineCommand,
  flag,
  goDuration,
  listFlag,
  text,
  word,
} from '@prom/flags'
import type { Context } from '../context.ts'
import { header, serverUrl } from '../kinds.ts'

const server = argument('server', serverUrl, {
  help: 'Prometheus server to query.',
  isRequired: true,
})
const expr = argument('expr', text, { help: 'PromQL query expression.', isRequired: true })
const headers = listFlag('header', header, { help: 'Extra headers to send to server.' })
const start = flag('start', word, { help: 'Start time (RFC3339 or Unix timestamp).' })
const end = flag('end', word, { help: 'End time (RFC3339 or Unix timestamp).' })

/** Flags of the group. */
export interface QueryGroupValues {
  readonly format: string
  readonly httpConfigFile: string | undefined
}

export function queryCommands(): readonly Command<Context>[] {
  return [
    defineCommand({
      name: 'instant',
      help: 'Run instant query.',
      flags: {
        time: flag('time', word, { help: 'Query evaluation time (RFC3339 or Unix timestamp).' }),
        headers: { ...headers, isHidden: true },
      },
      args: { server, expr },
      run: async (values, context: Context) => {
        const { queryInstant } = await import('../query/query-instant.ts')
        return queryInstant({ ...groupValues(values), ...values }, context)
      },
    }),
    defineCommand({
      name: 'range',
      help: 'Run range query.',
      flags: {
        headers,
        start: { ...start, help: 'Query range start time (RFC3339 or Unix timestamp).' },
        end: { ...end, help: 'Query range end time (RFC3339 or Unix timestamp).' },
        step: flag('step', goDuration, { help: 'Query step size (duration).' }),
      },
      args: { server, expr },
      run: async (values, context: Context) => {
        const { queryRange } = await import('../query/query-range.ts')
        return queryRange({ ...groupValues(values), ...values }, context)
      },
    }),
    defineCommand({
      name: 'series',
      help: 'Run series query.',
      flags: {
        matchers: listFlag('match', text, {
          help: 'Series selector. Can be specified multiple times.',
          isRequired: true,
        }),
        start,
        end,
      },
      args: { server },
      run: async (values, context: Context) => {
        const { querySeries } = await import('../query/query-series.ts')
        return querySeries({ ...groupValues(values), ...values }, context)
      },
    }),
    defineCommand({
      name: 'labels',
      help: 'Run labels query.',
      flags: {
        start,
        end,
        matchers: listFlag('match', text, {
          help: 'Series selector. Can be specified multiple times.',
        }),
      },
      args: {
        server,
        name: argument('name', text, {
          help: 'Label name to provide label values for.',
          isRequired: true,
        }),
      },
      run: async (values, context: Context) => {
        const { queryLabels } = await import('../query/query-labels.ts')
        return queryLabels({ ...groupValues(values), ...values }, context)
      },
    }),
    defineCommand({
      name: 'analyze',
      help: 'Run queries against your Prometheus to analyze the usage pattern of certain metrics.',
      flags: {
        server: flag('server', serverUrl, {
          help: 'Prometheus server to query.',
          isRequired: true,
        }),
        type: flag('type', word, { help: 'Type of metric: histogram.', isRequired: true }),
        durationMs: flag('duration', goDuration, { help: 'Time frame to analyze.', default: '1h' }),
        time: flag('time', word, {
          help: 'Query time (RFC3339 or Unix timestamp), defaults to now.',
        }),
        matchers: listFlag('match', text, {
          help: 'Series selector. Can be specified multiple times.',
          isRequired: true,
        }),
      },
      run: async (values, context: Context) => {
        const { queryAnalyze } = await import('../query/query-analyze.ts')
        return queryAnalyze({ ...groupValues(values), ...values }, context)
      },
    }),
  ]
}

const groupValues = (values: object) => values as unknown as QueryGroupValues
