/** Why an alert goes where it goes, in words. */
import type { RouteStep } from '@prom/alerting'
import { printMatchers } from '@prom/alerting'
import type { ApiDestination, ApiExplanation, ApiRouteStep } from './api-types.ts'
import { type Context, printDate } from './context.ts'

export function printExplanation(found: ApiExplanation, context: Context): string {
  const lines = [
    `Alert ${printPairs(found.labels)}: ${found.known ? found.status : 'not known, as if it fired now'}`,
    '',
    'Routes:',
    ...printSteps(found.routes),
    '',
    ...inhibition(found),
    ...silencing(found, context),
    ...found.destinations.flatMap((destination) => ['', ...describe(destination, context)]),
  ]
  return `${lines.join('\n')}\n`
}

/** The same walk for a tree that was read from a file. */
export function routeStep({
  route,
  verdict,
  failed,
  isDestination,
  routes,
}: RouteStep): ApiRouteStep {
  return {
    matchers: printMatchers(route.matchers),
    receiver: route.options.receiver,
    continue: route.continues,
    verdict,
    ...(failed ? { failedMatcher: printMatchers([failed]).slice(1, -1) } : {}),
    destination: isDestination,
    routes: routes.map(routeStep),
  }
}

export function printSteps(step: ApiRouteStep, depth = 0): string[] {
  const name = depth === 0 ? 'default-route' : step.matchers
  const why = {
    matched: step.destination ? `matches, goes to ${step.receiver}` : 'matches, goes further down',
    failed: `does not match ${step.failedMatcher ?? ''}`,
    skipped: 'not asked: a route before it matched and does not continue',
  }[step.verdict]
  const line = `${'  '.repeat(depth + 1)}${name}  ${why}${step.continue && step.verdict === 'matched' ? ' (continue)' : ''}`
  return [line, ...step.routes.flatMap((child) => printSteps(child, depth + 1))]
}

function inhibition({ inhibitedBy }: ApiExplanation): string[] {
  if (!inhibitedBy) return ['Inhibited: no']
  const { rule, source } = inhibitedBy
  const name = rule.name ? ` "${rule.name}"` : ''
  const equal = rule.equal.length > 0 ? `, equal ${rule.equal.join(', ')}` : ''
  return [
    `Inhibited: by rule ${rule.index}${name} (${rule.sourceMatchers} mutes ${rule.targetMatchers}${equal})`,
    `  source ${source.fingerprint} ${printPairs(source.labels)}`,
  ]
}

function silencing({ silencedBy }: ApiExplanation, context: Context): string[] {
  if (silencedBy.length === 0) return ['Silenced: no']
  return silencedBy.map(
    ({ id, createdBy, comment, endsAt }) =>
      `Silenced: by ${id} until ${printDate(endsAt, context)} (${createdBy}: ${comment})`,
  )
}

function describe(to: ApiDestination, context: Context): string[] {
  const group = to.groupExists
    ? `${to.groupAlerts} alert${to.groupAlerts === 1 ? '' : 's'}`
    : 'not there yet'
  return [
    `Receiver ${to.receiver}:`,
    `  group ${to.groupKey} (${group})`,
    `  next flush ${printDate(to.nextFlush, context)}`,
    ...(to.mutedBy.length > 0 ? [`  muted by time intervals: ${to.mutedBy.join(', ')}`] : []),
    ...to.integrations.flatMap((integration) => {
      const {
        name,
        index,
        lastNotification: last,
        nextFlushSends,
        reason,
        nextRepeat,
      } = integration
      const sent = last
        ? `last sent ${printDate(last.at, context)} with ${last.firing} firing, ${last.resolved} resolved`
        : 'nothing sent yet'
      const next = nextFlushSends ? `next flush sends: ${reason}` : `next flush sends nothing`
      const repeat = nextRepeat ? `; repeats ${printDate(nextRepeat, context)}` : ''
      return [`  ${name}[${index}]: ${sent}; ${next}${repeat}`]
    }),
  ]
}

export function printPairs(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return `{${pairs.join(', ')}}`
}
