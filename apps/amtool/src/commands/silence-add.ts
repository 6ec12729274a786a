import { defineCommand, flag, listArgument, listFlag, switchFlag, text } from '@prom/flags'
import { parseDuration } from '@prom/model'
import { CommandError, type Context } from '../context.ts'
import { parseLabels, parseMatchers } from '../matcher-arguments.ts'
import { checkTime } from './alert.ts'

export const silenceAdd = defineCommand({
  name: 'add',
  help: `Add a new alertmanager silence

    Amtool uses a simplified Prometheus syntax to represent silences. The
    non-option section of arguments constructs a list of "Matcher Groups"
    that will be used to create a number of silences. The following examples
    will attempt to show this behaviour in action:

    amtool silence add alertname=foo node=bar

  	This statement will add a silence that matches alerts with the
  	alertname=foo and node=bar label value pairs set.

    amtool silence add foo node=bar

  	If alertname is omitted and the first argument does not contain a '=' or a
  	'=~' then it will be assumed to be the value of the alertname pair.

    amtool silence add 'alertname=~foo.*'

  	As well as direct equality, regex matching is also supported. The '=~' syntax
  	(similar to Prometheus) is used to represent a regex match. Regex matching
  	can be used in combination with a direct match.`,
  flags: {
    author: flag('author', text, {
      help: 'Username for CreatedBy field',
      short: 'a',
      placeholder: 'AUTHOR',
    }),
    requireComment: switchFlag('require-comment', {
      help: 'Require comment to be set',
      default: 'true',
      isHidden: true,
    }),
    duration: flag('duration', text, { help: 'Duration of silence', short: 'd', default: '1h' }),
    start: flag('start', text, {
      help: 'Set when the silence should start. RFC3339 format 2006-01-02T15:04:05-07:00',
      default: '',
      placeholder: 'START',
    }),
    end: flag('end', text, {
      help: 'Set when the silence should end (overwrites duration). RFC3339 format 2006-01-02T15:04:05-07:00',
      default: '',
      placeholder: 'END',
    }),
    comment: flag('comment', text, {
      help: 'A comment to help describe the silence',
      short: 'c',
      default: '',
      placeholder: 'COMMENT',
    }),
    annotations: listFlag('annotation', text, {
      help: 'Set an annotation to be included with the silence',
      placeholder: 'ANNOTATION',
    }),
  },
  args: { matchers: listArgument('matcher-groups', text, { help: 'Query filter' }) },
  run: async (values, context: Context) => {
    const { host } = context
    const matchers = parseMatchers(values.matchers, context)
    if (matchers.length === 0) throw new CommandError('no matchers specified')
    const startsAtMs = values.start === '' ? host.clock.now() : Date.parse(checkTime(values.start))
    const endsAtMs =
      values.end === ''
        ? startsAtMs + durationMs(values.duration)
        : Date.parse(checkTime(values.end))
    if (values.requireComment && values.comment === '') {
      throw new CommandError('comment required by config')
    }
    if (startsAtMs > endsAtMs) throw new CommandError('silence cannot start after it ends')
    const annotations = Object.fromEntries(parseLabels(values.annotations, context))
    const id = await (await context.api()).postSilence({
      matchers: matchers.map(({ type, name, value }) => ({
        name,
        value,
        isRegex: type === '=~' || type === '!~',
        isEqual: type === '=' || type === '=~',
      })),
      startsAt: new Date(startsAtMs).toISOString(),
      endsAt: new Date(endsAtMs).toISOString(),
      createdBy: values.author ?? host.env.USER ?? host.env.LOGNAME ?? '',
      comment: values.comment,
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
    })
    host.stdout.write(`${id}\n`)
    return 0
  },
})

/** Not empty, not zero. */
export function durationMs(given: string): number {
  const result = parseDuration(given)
  if (!('ms' in result)) throw new CommandError(result.error)
  if (result.ms === 0) throw new CommandError('silence duration must be greater than 0')
  return result.ms
}
