/** `promtool test ...`. */
import {
  type Command,
  defineCommand,
  flag,
  goDuration,
  listArgument,
  listFlag,
  switchFlag,
  word,
} from '@prom/flags'
import type { Host } from '@prom/runtime'
import type { Context } from '../context.ts'
import { type FindingFormat, withFormat } from '../findings.ts'
import { existingFile, serverUrl } from '../kinds.ts'

/** Flags of the group. */
interface TestGroupValues {
  readonly junitPath: string | undefined
  readonly format: FindingFormat
}

export function testCommands(host: Host): readonly Command<Context>[] {
  return [
    defineCommand({
      name: 'rules',
      help: 'Unit tests for rules.',
      flags: {
        run: listFlag('run', word, {
          help: 'If set, will only run test groups whose names match the regular expression. Can be specified multiple times.',
        }),
        isDebugging: switchFlag('debug', { help: 'Enable unit test debugging.' }),
        isDiff: switchFlag('diff', {
          help: '[Experimental] Print colored differential output between expected & received output.',
        }),
        isCoverage: switchFlag('coverage', {
          help: 'Print which rules no test looked at.',
          isHidden: true,
        }),
        ignoreUnknownFields: switchFlag('ignore-unknown-fields', {
          help: 'Ignore unknown fields in the test files. This is useful when you want to extend rule files with custom metadata. Ensure that those fields are removed before loading them into the Prometheus server as it performs strict checks by default.',
          default: 'false',
        }),
      },
      args: {
        files: listArgument('test-rule-file', existingFile(host), {
          help: 'The unit test file.',
          isRequired: true,
        }),
      },
      run: async (values, context: Context) => {
        const { testRules } = await import('../test-rules/test-rules.ts')
        const { junitPath, format } = values as unknown as TestGroupValues
        return withFormat(format, context, (inner) => testRules({ ...values, junitPath }, inner))
      },
    }),
    defineCommand({
      name: 'alerts',
      help: 'Say when alerts would have fired, asking a server or a data folder.',
      isHidden: true,
      flags: {
        url: flag('url', serverUrl, {
          help: 'The server to ask.',
          default: 'http://localhost:9090',
        }),
        dataDir: flag('data', word, { help: 'A data folder to ask instead of a server.' }),
        httpConfigFile: flag('http.config.file', existingFile(host), {
          help: 'HTTP client configuration file for promtool to connect to Prometheus.',
          placeholder: '<filename>',
        }),
        start: flag('start', word, {
          help: 'Start time (RFC3339 or Unix timestamp).',
          isRequired: true,
        }),
        end: flag('end', word, {
          help: 'End time (RFC3339 or Unix timestamp), defaults to now.',
        }),
        intervalMs: flag('eval-interval', goDuration, {
          help: 'How often to evaluate groups that do not say it.',
          default: '60s',
        }),
        alerts: listFlag('alert', word, { help: 'Only alerts of this name.' }),
      },
      args: {
        files: listArgument('rule-files', existingFile(host), {
          help: 'The rule files.',
          isRequired: true,
        }),
      },
      run: async (values, context: Context) => {
        const { backtestAlerts } = await import('../backtest/backtest-alerts.ts')
        return backtestAlerts(values, context)
      },
    }),
  ]
}
