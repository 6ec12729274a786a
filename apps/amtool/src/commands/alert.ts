/** `amtool alert query`, `amtool alert add`. */
import {
  defineCommand,
  defineGroup,
  flag,
  listArgument,
  listFlag,
  switchFlag,
  text,
} from '@prom/flags'
import { parseRfc3339, quoteGo } from '@prom/model'
import { printJson } from '@prom/receivers'
import type { ApiAlert } from '../api-client.ts'
import { CommandError, type Context, printDate } from '../context.ts'
import { matcherTexts, parseLabels } from '../matcher-arguments.ts'
import { printTable } from '../table.ts'

const query = defineCommand({
  name: 'query',
  isDefault: true,
  help: `View and search through current alerts.

Amtool has a simplified prometheus query syntax, but contains robust support for bash variable expansions. The non-option section of arguments constructs a list of "Matcher Groups" that will be used to filter your query. The following examples will attempt to show this behaviour in action:

amtool alert query alertname=foo node=bar

  This query will match all alerts with the alertname=foo and node=bar label
  value pairs set.

amtool alert query foo node=bar

  If alertname is omitted and the first argument does not contain a '=' or a
  '=~' then it will be assumed to be the value of the alertname pair.

amtool alert query 'alertname=~foo.*'

  As well as direct equality, regex matching is also supported. The '=~' syntax
  (similar to prometheus) is used to represent a regex match. Regex matching
  can be used in combination with a direct match.

Amtool supports several flags for filtering the returned alerts by state (inhibited, silenced, active, unprocessed). If none of these flags is given, only active alerts are returned.`,
  flags: {
    inhibited: switchFlag('inhibited', { help: 'Show inhibited alerts', short: 'i' }),
    silenced: switchFlag('silenced', { help: 'Show silenced alerts', short: 's' }),
    active: switchFlag('active', { help: 'Show active alerts', short: 'a' }),
    unprocessed: switchFlag('unprocessed', { help: 'Show unprocessed alerts', short: 'u' }),
    receiver: flag('receiver', text, {
      help: 'Show alerts matching receiver (Supports regex syntax)',
      short: 'r',
      default: '',
    }),
  },
  args: { matchers: listArgument('matcher-groups', text, { help: 'Query filter' }) },
  run: async (values, context: Context) => {
    const { inhibited, silenced, unprocessed } = values
    const isAny = inhibited || silenced || unprocessed || values.active
    const params = new URLSearchParams({
      active: String(values.active || !isAny),
      inhibited: String(inhibited),
      silenced: String(silenced),
      unprocessed: String(unprocessed),
    })
    for (const matcher of matcherTexts(values.matchers, context)) params.append('filter', matcher)
    if (values.receiver !== '') params.set('receiver', values.receiver)
    const alerts = await (await context.api()).alerts(params)
    context.host.stdout.write(printAlerts(alerts, context))
    return 0
  },
})

function printAlerts(alerts: readonly ApiAlert[], context: Context): string {
  if (context.output === 'json') return `${printJson(alerts as never)}\n`
  const sorted = [...alerts].sort((a, b) => Date.parse(a.startsAt) - Date.parse(b.startsAt))
  if (context.output === 'simple') {
    return printTable([
      ['Alertname', 'Starts At', 'Summary', 'State'],
      ...sorted.map(({ labels, annotations, startsAt, status }) => [
        labels.alertname ?? '',
        printDate(startsAt, context),
        annotations.summary ?? '',
        status.state,
      ]),
    ])
  }
  return printTable([
    ['Labels', 'Annotations', 'Starts At', 'Ends At', 'Generator URL', 'State'],
    ...sorted.map((alert) => [
      printPairs(alert.labels),
      printPairs(alert.annotations),
      printDate(alert.startsAt, context),
      printDate(alert.endsAt, context),
      alert.generatorURL ?? '',
      alert.status.state,
    ]),
  ])
}

function printPairs(pairs: Readonly<Record<string, string>>): string {
  return Object.entries(pairs)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${quoteGo(value)}`)
    .join(' ')
}

const add = defineCommand({
  name: 'add',
  help: `Add a new alert.

This command is used to add a new alert to Alertmanager.

To add a new alert with labels:

  amtool alert add alertname=foo node=bar

If alertname is omitted and the first argument does not contain a '=' then it will be assumed to be the value of the alertname pair.

  amtool alert add foo node=bar

One or more annotations can be added using the --annotation flag:

  amtool alert add foo node=bar \\
  	--annotation=runbook='http://runbook.biz' \\
  	--annotation=summary='summary of the alert' \\
  	--annotation=description='description of the alert'

Additional flags such as --generator-url, --start, and --end are also supported.`,
  flags: {
    generatorUrl: flag('generator-url', text, {
      help: 'Set the URL of the source that generated the alert',
      default: '',
      placeholder: 'GENERATOR-URL',
    }),
    start: flag('start', text, {
      help: 'Set when the alert should start. RFC3339 format 2006-01-02T15:04:05-07:00',
      default: '',
      placeholder: 'START',
    }),
    end: flag('end', text, {
      help: 'Set when the alert should end. RFC3339 format 2006-01-02T15:04:05-07:00',
      default: '',
      placeholder: 'END',
    }),
    annotations: listFlag('annotation', text, {
      help: 'Set an annotation to be included with the alert',
      placeholder: 'ANNOTATION',
    }),
  },
  args: {
    labels: listArgument('labels', text, { help: 'List of labels to be included with the alert' }),
  },
  run: async (values, context: Context) => {
    const alert = {
      labels: Object.fromEntries(parseLabels(matcherTexts(values.labels, context), context)),
      annotations: Object.fromEntries(parseLabels(values.annotations, context)),
      ...(values.generatorUrl === '' ? {} : { generatorURL: values.generatorUrl }),
      ...(values.start === '' ? {} : { startsAt: checkTime(values.start) }),
      ...(values.end === '' ? {} : { endsAt: checkTime(values.end) }),
    }
    await (await context.api()).postAlerts([alert])
    return 0
  },
})

/** The time as given; throws in Go's words if it is none. */
export function checkTime(given: string): string {
  if (parseRfc3339(given) === undefined) {
    throw new CommandError(
      `parsing time ${quoteGo(given)} as "2006-01-02T15:04:05Z07:00": cannot parse ${quoteGo(given)} as "2006"`,
    )
  }
  return given
}

export const alert = defineGroup<Context>({
  name: 'alert',
  help: 'Add or query alerts.',
  commands: [query, add],
})
