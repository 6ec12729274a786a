/** `promtool test ...`. */
import { type Command, defineCommand, listArgument, listFlag, switchFlag, word } from '@prom/flags'
import type { Host } from '@prom/runtime'
import type { Context } from '../context.ts'
import { type FindingFormat, withFormat } from '../findings.ts'
import { existingFile } from '../kinds.ts'

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
  ]
}
