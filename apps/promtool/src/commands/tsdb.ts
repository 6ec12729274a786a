/** `promtool tsdb ...`. */
import { argument, type Command, defineCommand, flag, integer, switchFlag, word } from '@prom/flags'
import type { Context } from '../context.ts'

const path = argument('db path', word, {
  help: 'Database path (default is data/).',
  default: 'data/',
})

export function tsdbCommands(): readonly Command<Context>[] {
  return [
    defineCommand({
      name: 'analyze',
      help: 'Analyze churn, label pair cardinality and compaction efficiency.',
      flags: {
        limit: flag('limit', integer, {
          help: 'How many items to show in each list.',
          default: '20',
        }),
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
  ]
}
