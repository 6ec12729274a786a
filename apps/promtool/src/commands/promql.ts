/** `promtool promql ...`, for which --experimental is needed. */
import { argument, type Command, defineCommand, defineGroup, flag, oneOf, text } from '@prom/flags'
import type { Context } from '../context.ts'

const query = argument('query', text, { help: 'PromQL query.', isRequired: true })
const name = argument('name', text, { help: 'Name of the label matcher to set.', isRequired: true })

export function promqlCommands(): readonly Command<Context>[] {
  return [
    defineCommand({
      name: 'format',
      help: 'Format PromQL query to pretty printed form.',
      args: { query },
      run: async (values, context: Context) => {
        const { promqlFormat } = await import('../promql/edit-query.ts')
        return promqlFormat(values, context)
      },
    }),
    defineGroup({
      name: 'label-matchers',
      help: 'Edit label matchers contained within an existing PromQL query.',
      commands: [
        defineCommand({
          name: 'set',
          help: 'Set a label matcher in the query.',
          flags: {
            type: flag('type', oneOf('=', '!=', '=~', '!~'), {
              short: 't',
              help: 'Type of the label matcher to set.',
              default: '=',
            }),
          },
          args: {
            query,
            name,
            value: argument('value', text, {
              help: 'Value of the label matcher to set.',
              isRequired: true,
            }),
          },
          run: async (values, context: Context) => {
            const { promqlSetMatcher } = await import('../promql/edit-query.ts')
            return promqlSetMatcher(values, context)
          },
        }),
        defineCommand({
          name: 'delete',
          help: 'Delete a label from the query.',
          args: { query, name: { ...name, help: 'Name of the label to delete.' } },
          run: async (values, context: Context) => {
            const { promqlDeleteMatcher } = await import('../promql/edit-query.ts')
            return promqlDeleteMatcher(values, context)
          },
        }),
      ],
    }),
  ]
}
