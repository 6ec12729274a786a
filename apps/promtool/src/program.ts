/** The command line: every command is one line in a table of its group. */
import { defineGroup, defineProgram, flag, listFlag, oneOf, switchFlag, word } from '@prom/flags'
import type { Host } from '@prom/runtime'
import { checkCommands } from './commands/check.ts'
import { debugCommands } from './commands/debug.ts'
import { promqlCommands } from './commands/promql.ts'
import { pushCommands } from './commands/push.ts'
import { queryCommands } from './commands/query.ts'
import { testCommands } from './commands/test.ts'
import { tsdbCommands } from './commands/tsdb.ts'
import type { Context } from './context.ts'
import { existingFile } from './kinds.ts'

export function createProgram(host: Host) {
  return defineProgram({
    name: 'promtool',
    help: 'Tooling for the Prometheus monitoring system.',
    showsNegation: true,
    flags: {
      version: switchFlag('version', { help: 'Show application version.' }),
      isExperimental: switchFlag('experimental', { help: 'Enable experimental commands.' }),
      features: listFlag('enable-feature', word, {
        help: 'Comma separated feature names to enable. Valid options: promql-experimental-functions, promql-delayed-name-removal. See https://prometheus.io/docs/prometheus/latest/feature_flags/ for more details',
        default: '',
      }),
    },
    commands: [
      defineGroup<Context>({
        name: 'check',
        help: 'Check the resources for validity.',
        flags: {
          lookbackDelta: flag('query.lookback-delta', word, {
            help: "The server's maximum query lookback duration.",
            default: '5m',
          }),
          isExtended: switchFlag('extended', {
            help: 'Print extended information related to the cardinality of the metrics.',
          }),
          format: flag('format', oneOf('text', 'json', 'github'), {
            help: 'How findings are printed: text, json, or github (annotations of workflows).',
            default: 'text',
            isHidden: true,
          }),
        },
        commands: checkCommands(host),
      }),
      defineGroup<Context>({
        name: 'query',
        help: 'Run query against a Prometheus server.',
        flags: {
          format: flag('format', word, {
            short: 'o',
            help: 'Output format of the query.',
            default: 'promql',
          }),
          httpConfigFile: flag('http.config.file', existingFile(host), {
            help: 'HTTP client configuration file for promtool to connect to Prometheus.',
            placeholder: '<filename>',
          }),
        },
        commands: queryCommands(),
      }),
      defineGroup<Context>({
        name: 'debug',
        help: 'Fetch debug information.',
        commands: debugCommands(),
      }),
      defineGroup<Context>({
        name: 'push',
        help: 'Push to a Prometheus server.',
        flags: {
          httpConfigFile: flag('http.config.file', existingFile(host), {
            help: 'HTTP client configuration file for promtool to connect to Prometheus.',
            placeholder: '<filename>',
          }),
        },
        commands: pushCommands(host),
      }),
      defineGroup<Context>({
        name: 'test',
        help: 'Unit testing.',
        flags: {
          junitPath: flag('junit', word, { help: 'File path to store JUnit XML test results.' }),
          format: flag('format', oneOf('text', 'json', 'github'), {
            help: 'How findings are printed: text, json, or github (annotations of workflows).',
            default: 'text',
            isHidden: true,
          }),
        },
        commands: testCommands(host),
      }),
      defineGroup<Context>({
        name: 'tsdb',
        help: 'Run tsdb commands.',
        commands: tsdbCommands(host),
      }),
      defineGroup<Context>({
        name: 'promql',
        help: 'PromQL formatting and editing. Requires the --experimental flag.',
        commands: promqlCommands(),
      }),
    ],
  })
}
