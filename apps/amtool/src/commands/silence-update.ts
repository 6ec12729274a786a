import { defineCommand, flag, listArgument, switchFlag, text } from '@prom/flags'
import type { ApiSilence } from '../api-client.ts'
import { CommandError, type Context } from '../context.ts'
import { printSilences } from '../print-silences.ts'
import { checkTime } from './alert.ts'
import { durationMs } from './silence-add.ts'

export const silenceUpdate = defineCommand({
  name: 'update',
  help: 'Update silences',
  flags: {
    quiet: switchFlag('quiet', { help: 'Only show silence ids', short: 'q' }),
    duration: flag('duration', text, {
      help: 'Duration of silence',
      short: 'd',
      default: '',
      placeholder: 'DURATION',
    }),
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
  },
  args: { ids: listArgument('update-ids', text, { help: 'Silence IDs to update' }) },
  run: async (values, context: Context) => {
    if (values.ids.length === 0) throw new CommandError('no silence IDs specified')
    const api = await context.api()
    const updated: ApiSilence[] = []
    for (const id of values.ids) {
      const known = await api.silence(id)
      const startsAt = values.start === '' ? known.startsAt : checkTime(values.start)
      let { endsAt } = known
      if (values.end !== '') endsAt = checkTime(values.end)
      else if (values.duration !== '') {
        endsAt = new Date(Date.parse(startsAt) + durationMs(values.duration)).toISOString()
      }
      if (Date.parse(startsAt) > Date.parse(endsAt)) {
        throw new CommandError('silence cannot start after it ends')
      }
      const comment = values.comment === '' ? known.comment : values.comment
      const { matchers, createdBy, annotations } = known
      const next = {
        matchers,
        createdBy,
        comment,
        startsAt,
        endsAt,
        ...(annotations && { annotations }),
      }
      updated.push({ ...known, ...next, id: await api.postSilence({ id: known.id, ...next }) })
    }
    context.host.stdout.write(
      values.quiet ? updated.map(({ id }) => `${id}\n`).join('') : printSilences(updated, context),
    )
    return 0
  },
})
