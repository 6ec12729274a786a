/** `promtool test ...`. */
import { type Command, defineCommand, listArgument, listFlag, switchFlag, word } from '@prom/flags'
import type { Host } from '@prom/runtime'
import type { Context } from '../context.ts'
import { existingFile } from '../kinds.ts'

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
        const { junitPath } = values as unknown as { readonly junitPath: string | undefined }
        return testRules({ ...values, junitPath }, context)
      },
    }),
  ]
}
