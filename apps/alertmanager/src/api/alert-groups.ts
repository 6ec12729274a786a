/** GET /api/v2/alerts/groups. */
import { compareAlerts, compareLabelSets, isResolvedAt } from '@prom/alerting'
import type { Json } from '@prom/receivers'
import { alertJson, receiverPrinter } from './alert-json.ts'
import { type AlertsDeps, isWanted, look } from './alerts.ts'
import type { ApiAnswer, ApiCall, Endpoint } from './api.ts'
import { matchesAll, parseFilter, wantedReceivers } from './filters.ts'

export function alertGroupsEndpoint(deps: AlertsDeps): Endpoint {
  return { path: '/alerts/groups', get: (call) => list(call, deps) }
}

function list({ query }: ApiCall, deps: AlertsDeps): ApiAnswer {
  const filter = parseFilter(query, deps.parser)
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
  const body: Json[] = []
  const receivers = receiverPrinter()
  for (const group of groups) {
    const alerts = [...group.alerts()].filter((alert) => {
      if (isResolvedAt(alert, atMs - 1) || !matchesAll(filter.matchers, alert.labels)) return false
      look(alert, deps)
      return isWanted(alert, filter, deps)
    })
    if (alerts.length === 0) continue
    body.push({
      alerts: alerts
        .sort(compareAlerts)
        .map((alert) =>
          alertJson(alert, receivers(dispatcher.receiversOf(alert.labels)), deps, group.mutedBy),
        ),
      labels: new Map(group.labels),
      receiver: { name: group.route.options.receiver },
    })
  }
  return { status: 200, body }
}
