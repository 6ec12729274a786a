/** GET /api/v2/alerts/groups. */
import {
  type AlertGroup,
  compareAlerts,
  compareLabelSets,
  type Dispatcher,
  isResolvedAt,
} from '@prom/alerting'
import { type Json, labelsJson } from '@prom/receivers'
import { alertJson, receiverPrinter } from './alert-json.ts'
import { type AlertsDeps, isWanted, look } from './alerts.ts'
import { type ApiAnswer, type ApiCall, type Endpoint, LongList } from './api.ts'
import { type AlertFilter, matchesAll, parseFilter, wantedReceivers } from './filters.ts'

export function alertGroupsEndpoint(deps: AlertsDeps): Endpoint {
  return { path: '/alerts/groups', get: (call) => list(call, deps) }
}

function list({ query, log }: ApiCall, deps: AlertsDeps): ApiAnswer {
  const filter = parseFilter(query, deps.parser, (err) =>
    log.error('Failed to compile receiver regex', { err }),
  )
  const { dispatcher, config } = deps.alerting.active
  const wanted = wantedReceivers(filter, config.receivers)
  const atMs = deps.clock.now()
  const groups = [...dispatcher.groups()].filter(
    ({ route, mutedBy }) =>
      (filter.muted || mutedBy.length === 0) && (wanted?.has(route.options.receiver) ?? true),
  )
  groups.sort((a, b) => {
    const byLabels = compareLabelSets(a.labels, b.labels)
    return byLabels || (a.route.options.receiver < b.route.options.receiver ? -1 : 1)
  })
  return {
    status: 200,
    body: new LongList(printGroups(groups, { filter, atMs, dispatcher }, deps)),
  }
}

interface Listing {
  readonly filter: AlertFilter
  readonly atMs: number
  readonly dispatcher: Dispatcher
}

function* printGroups(
  groups: readonly AlertGroup[],
  { filter, atMs, dispatcher }: Listing,
  deps: AlertsDeps,
): IterableIterator<Json> {
  const receivers = receiverPrinter()
  for (const group of groups) {
    const alerts = [...group.alerts()].filter((alert) => {
      if (isResolvedAt(alert, atMs - 1) || !matchesAll(filter.matchers, alert.labels)) return false
      look(alert, deps)
      return isWanted(alert, filter, deps)
    })
    if (alerts.length === 0) continue
    yield {
      alerts: alerts
        .sort(compareAlerts)
        .map((alert) =>
          alertJson(alert, receivers(dispatcher.receiversOf(alert.labels)), deps, group.mutedBy),
        ),
      labels: labelsJson(group.labels),
      receiver: { name: group.route.options.receiver },
    }
  }
}
