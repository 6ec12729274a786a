/** `promtool tsdb ...`. */
import {
  argument,
  type Command,
  defineCommand,
  defineGroup,
  flag,
  integer,
  listFlag,
  oneOf,
  switchFlag,
  text,
  word,
} from '@prom/flags'
import type { Host } from '@prom/runtime'
import type { Context } from '../context.ts'
import { existingFile, int64 } from '../kinds.ts'
import { importCommands } from './tsdb-import.ts'

const path = argument('db path', word, {
  help: 'Database path (default is data/).',
  default: 'data/',
})

const dumpFlags = {
  sandboxDir: flag('sandbox-dir-root', word, {
    help: 'Root directory where a sandbox directory will be created, this sandbox is used in case WAL replay generates chunks (default is the database path). The sandbox is cleaned up at the end.',
  }),
  minTime: flag('min-time', int64, {
    help: 'Minimum timestamp to dump, in milliseconds since the Unix epoch.',
    default: '-9223372036854775808',
  }),
  maxTime: flag('max-time', int64, {
    help: 'Maximum timestamp to dump, in milliseconds since the Unix epoch.',
    default: '9223372036854775807',
  }),
  matchers: listFlag('match', word, {
    help: 'Series selector. Can be specified multiple times.',
    default: "{__name__=~'(?s:.*)'}",
  }),
}

export function tsdbCommands(host: Host): readonly Command<Context>[] {
  return [
    defineGroup({
      name: 'bench',
      help: 'Run benchmarks.',
      commands: [
        defineCommand({
          name: 'write',
          help: 'Run a write performance benchmark.',
          flags: {
            out: flag('out', text, { help: 'Set the output path.', default: 'benchout' }),
            metrics: flag('metrics', integer, {
              help: 'Number of metrics to read.',
              default: '10000',
            }),
            scrapes: flag('scrapes', integer, {
              help: 'Number of scrapes to simulate.',
              default: '3000',
            }),
          },
          args: {
            file: argument('file', word, {
              help: 'Input file with samples data, default is (../../tsdb/testdata/20kseries.json).',
              default: '../../tsdb/testdata/20kseries.json',
            }),
          },
          run: async (values, context: Context) => {
            const { tsdbBenchWrite } = await import('../tsdb/tsdb-bench-write.ts')
            return tsdbBenchWrite(values, context)
          },
        }),
      ],
    }),
    defineCommand({
      name: 'analyze',
      help: 'Analyze churn, label pair cardinality and compaction efficiency.',
      flags: {
        limit: flag('limit', integer, {
          help: 'How many items to show in each list.',
          default: '20',
        }),
        isExtended: switchFlag('extended', { help: 'Run extended analysis.' }),
        match: flag('match', word, {
          help: 'Series selector to analyze. Only 1 set of matchers is supported now.',
        }),
      },
      args: {
        path,
        blockId: argument('block id', word, {
          help: 'Block to analyze (default is the last block).',
        }),
      },
      run: async (values, context: Context) => {
        const { tsdbAnalyze } = await import('../tsdb/tsdb-analyze.ts')
        return tsdbAnalyze(values, context)
      },
    }),
    defineCommand({
      name: 'list',
      help: 'List tsdb blocks.',
      flags: {
        isHumanReadable: switchFlag('human-readable', {
          short: 'r',
          help: 'Print human readable values.',
        }),
      },
      args: { path },
      run: async (values, context: Context) => {
        const { tsdbList } = await import('../tsdb/tsdb-list.ts')
        return tsdbList(values, context)
      },
    }),
    defineCommand({
      name: 'dump',
      help: 'Dump samples from a TSDB.',
      flags: {
        ...dumpFlags,
        format: flag('format', oneOf('prom', 'seriesjson'), {
          help: 'Output format of the dump (prom (default) or seriesjson).',
          default: 'prom',
          isHidden: true,
        }),
      },
      args: { path },
      run: async (values, context: Context) => {
        const { tsdbDump } = await import('../tsdb/tsdb-dump.ts')
        return tsdbDump(values, context)
      },
    }),
    defineCommand({
      name: 'dump-openmetrics',
      help: '[Experimental] Dump samples from a TSDB into OpenMetrics text format, excluding native histograms and staleness markers, which are not representable in OpenMetrics.',
      flags: dumpFlags,
      args: { path },
      run: async (values, context: Context) => {
        const { tsdbDump } = await import('../tsdb/tsdb-dump.ts')
        return tsdbDump({ ...values, format: 'openmetrics' }, context)
      },
    }),
    defineGroup({
      name: 'create-blocks-from',
      help: '[Experimental] Import samples from input and produce TSDB blocks. Please refer to the storage docs for more details.',
      flags: {
        isHumanReadable: switchFlag('human-readable', {
          short: 'r',
          help: 'Print human readable values.',
        }),
        isQuiet: switchFlag('quiet', { short: 'q', help: 'Do not print created blocks.' }),
      },
      commands: importCommands(existingFile(host)),
    }),
  ]
}
