/** `amtool history`: what happened lately. Beyond the original. */
import { defineCommand, flag, integer, listArgument, listFlag, text } from '@prom/flags'
import { printJson } from '@prom/receivers'
import type { ApiEvent } from '../api-types.ts'
import { type Context, printDate } from '../context.ts'
import { matcherTexts } from '../matcher-arguments.ts'
import { printPairs } from '../print-explanation.ts'
import { printTable } from '../table.ts'

export const history = defineCommand({
  name: 'history',
  help: `View recent alerts, notifications and changes of silences, the newest first.

    Not a command of the original: it asks /api/v2/history, which keeps a bounded number of events in memory. Matchers select alerts by their labels, notifications by their group labels, and silences by their own matchers.`,
  flags: {
    kinds: listFlag('kind', text, {
      help: 'Only events of this kind: alert, notification or silence (may be repeated).',
      placeholder: 'KIND',
    }),
    limit: flag('limit', integer, { help: 'Number of events to show.', default: '100' }),
    since: flag('since', text, {
      help: 'Only events at or after this time. RFC3339 format 2006-01-02T15:04:05-07:00',
      default: '',
      placeholder: 'SINCE',
    }),
  },
  args: { matchers: listArgument('matcher-groups', text, { help: 'Query filter' }) },
  run: async (values, context: Context) => {
    const query = new URLSearchParams({ limit: String(values.limit) })
    for (const kind of values.kinds) query.append('kind', kind)
    for (const matcher of matcherTexts(values.matchers, context)) query.append('filter', matcher)
    if (values.since !== '') query.set('since', values.since)
    const events = await (await context.api()).history(query)
    const { stdout } = context.host
    if (context.output === 'json') stdout.write(`${printJson(events as never)}\n`)
    else {
      const rows = events.map((event) => [
        printDate(event.at, context),
        event.kind,
        event.event,
        ...describe(event),
      ])
      stdout.write(printTable([['At', 'Kind', 'Event', 'Subject', 'Details'], ...rows]))
    }
    return 0
  },
})

function describe(event: ApiEvent): [string, string] {
  switch (event.kind) {
    case 'alert':
      return [printPairs(event.labels ?? {}), '']
    case 'silence': {
      const { id = '', createdBy = '', comment = '' } = event.silence ?? {}
      return [id, `${createdBy}: ${comment}`]
    }
    case 'notification': {
      const counts = `${event.reason}, ${event.firing} firing, ${event.resolved} resolved`
      const fault = event.error === undefined ? '' : `: ${event.error}`
      return [`${event.receiver}/${event.integration}`, `${event.groupKey} (${counts})${fault}`]
    }
  }
}
