import { defineCommand, duration, flag, listArgument, switchFlag, text } from '@prom/flags'
import type { Context } from '../context.ts'
import { matcherTexts } from '../matcher-arguments.ts'
import { printSilences } from '../print-silences.ts'

export const silenceQuery = defineCommand({
  name: 'query',
  isDefault: true,
  help: `Query Alertmanager silences.

Amtool has a simplified prometheus query syntax, but contains robust support for bash variable expansions. The non-option section of arguments constructs a list of "Matcher Groups" that will be used to filter your query. The following examples will attempt to show this behaviour in action:

amtool silence query alertname=foo node=bar

  This query will match all silences with the alertname=foo and node=bar label
  value pairs set.

amtool silence query foo node=bar

  If alertname is omitted and the first argument does not contain a '=' or a
  '=~' then it will be assumed to be the value of the alertname pair.

amtool silence query 'alertname=~foo.*'

  As well as direct equality, regex matching is also supported. The '=~' syntax
  (similar to prometheus) is used to represent a regex match. Regex matching
  can be used in combination with a direct match.

In addition to filtering by silence labels, one can also query for silences that are due to expire soon with the "--within" parameter. In the event that you want to preemptively act upon expiring silences by either fixing them or extending them. For example:

amtool silence query --within 8h

returns all the silences due to expire within the next 8 hours. This syntax can also be combined with the label based filtering above for more flexibility.

The "--expired" parameter returns only expired silences. Used in combination with "--within=TIME", amtool returns the silences that expired within the preceding duration.

amtool silence query --within 2h --expired

returns all silences that expired within the preceding 2 hours.`,
  flags: {
    expired: switchFlag('expired', { help: 'Show expired silences instead of active' }),
    quiet: switchFlag('quiet', { help: 'Only show silence ids', short: 'q' }),
    createdBy: flag('created-by', text, {
      help: 'Show silences that belong to this creator',
      default: '',
      placeholder: 'CREATED-BY',
    }),
    id: flag('id', text, {
      help: 'Get a single silence by its ID',
      default: '',
      placeholder: 'ID',
    }),
    within: flag('within', duration, {
      help: 'Show silences that will expire or have expired within a duration',
      placeholder: 'WITHIN',
    }),
  },
  args: { matchers: listArgument('matcher-groups', text, { help: 'Query filter' }) },
  run: async (values, context: Context) => {
    const params = new URLSearchParams()
    for (const matcher of matcherTexts(values.matchers, context)) params.append('filter', matcher)
    const all = await (await context.api()).silences(params)
    const now = context.host.clock.now()
    const withinMs = values.within ?? 0
    const found = all.filter(({ endsAt, createdBy, id }) => {
      const endMs = Date.parse(endsAt)
      if (values.expired ? endMs >= now : endMs < now) return false
      if (withinMs > 0 && values.expired && endMs < now - withinMs) return false
      if (withinMs > 0 && !values.expired && endMs > now + withinMs) return false
      if (values.createdBy !== '' && createdBy !== values.createdBy) return false
      return values.id === '' || id === values.id
    })
    context.host.stdout.write(
      values.quiet ? found.map(({ id }) => `${id}\n`).join('') : printSilences(found, context),
    )
    return 0
  },
})
