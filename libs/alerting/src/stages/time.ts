import type { PipelineDeps, Stage } from '../pipeline.ts'

/** Nothing passes outside of the active time intervals of the route, if it has any. */
export const activeTime: Stage = async ({ alerts, group, atMs }, deps) => {
  const { activeTimeIntervals, receiver } = group.route.options
  if (activeTimeIntervals.length === 0) {
    group.mutedBy = []
    return alerts
  }
  if (containing(activeTimeIntervals, atMs, deps).length > 0) {
    group.mutedBy = []
    return alerts
  }
  group.mutedBy = activeTimeIntervals
  deps.metrics.suppressed('active_time_interval', receiver, alerts.length)
  deps.log.debug('Notifications not sent, route is not within active time', {
    alerts: alerts.length,
  })
  return []
}

/** Nothing passes within a mute time interval of the route. */
export const muteTime: Stage = async ({ alerts, group, atMs }, deps) => {
  const { muteTimeIntervals, receiver } = group.route.options
  if (muteTimeIntervals.length === 0) return alerts
  const muting = containing(muteTimeIntervals, atMs, deps)
  group.mutedBy = muting
  if (muting.length === 0) return alerts
  deps.metrics.suppressed('mute_time_interval', receiver, alerts.length)
  deps.log.debug('Notifications not sent, route is within mute time', { alerts: alerts.length })
  return []
}

function containing(
  names: readonly string[],
  atMs: number,
  { timeIntervals }: PipelineDeps,
): string[] {
  return names.filter((name) => {
    const interval = timeIntervals.get(name)
    if (!interval) throw new Error(`time interval ${name} doesn't exist in config`)
    return interval.contains(atMs)
  })
}
