/** `/targets`, `/scrape_pools`, `/metadata`, `/targets/metadata`. */
import { printDuration } from '@prom/model'
import { ParseError, parseSelector } from '@prom/promql-syntax'
import type { DroppedTarget, Ingest, TargetError, TargetMetadata, TargetStatus } from '@prom/scrape'
import { ApiError, badParameter } from './api-error.ts'
import type { Endpoint } from './envelope.ts'
import { readInteger } from './parameters.ts'
import { printTime } from './print-time.ts'

/** What the main thread knows of pools. */
export interface PoolsView {
  pools(): readonly string[]
  dropped(): readonly DroppedTarget[]
  /** Per pool, of all dropped, also of those not kept. */
  droppedCounts(): Readonly<Record<string, number>>
}

interface TargetsDeps {
  readonly ingest: Pick<Ingest, 'targets' | 'metadata'>
  readonly pools: PoolsView
}

export function createTargets({ ingest, pools }: TargetsDeps): Endpoint {
  return async ({ urlParams }) => {
    const state = (urlParams.get('state') ?? '').toLowerCase()
    const pool = urlParams.get('scrapePool') ?? ''
    const isWanted = (one: { readonly pool: string }) => pool === '' || one.pool === pool
    const showsAll = state === '' || state === 'any'
    const active = showsAll || state === 'active' ? await ingest.targets() : []
    const showsDropped = showsAll || state === 'dropped'
    const dropped = showsDropped ? pools.dropped() : []
    // Compat: counts are of all pools, whichever is asked for.
    const counts = Object.entries(pools.droppedCounts())
    return {
      data: {
        activeTargets: active.filter(isWanted).sort(byPool).map(printTarget),
        droppedTargets: dropped.filter(isWanted).sort(byPool).map(printDropped),
        droppedTargetCounts: showsDropped ? sortedObject(counts) : null,
      },
    }
  }
}

export function createScrapePools(pools: PoolsView): Endpoint {
  return () => ({ data: { scrapePools: [...pools.pools()].sort() } })
}

export function createMetadata({ ingest }: TargetsDeps): Endpoint {
  return async ({ params }) => {
    const limit = numberParameter(params, 'limit')
    const perMetric = numberParameter(params, 'limit_per_metric')
    const metric = params.get('metric') ?? ''
    const found = new Map<string, { type: string; unit: string; help: string }[]>()
    for (const { metric: name, type, unit, help } of await ingest.metadata()) {
      if (metric !== '' && name !== metric) continue
      let entries = found.get(name)
      if (!entries) {
        if (limit >= 0 && found.size >= limit) continue
        entries = []
        found.set(name, entries)
      }
      const isKnown = entries.some((e) => e.type === type && e.unit === unit && e.help === help)
      if (!isKnown && (perMetric <= 0 || entries.length < perMetric)) {
        entries.push({ type, unit, help })
      }
    }
    return { data: sortedObject([...found]) }
  }
}

export function createTargetsMetadata({ ingest }: TargetsDeps): Endpoint {
  return async ({ params }) => {
    const limit = numberParameter(params, 'limit')
    const matches = targetMatcher(params.get('match_target') ?? '')
    const metric = params.get('metric') ?? ''
    const counts = new Map<string, number>()
    const data = (await ingest.metadata()).filter((entry) => {
      if (metric !== '' && entry.metric !== metric) return false
      if (!matches(entry.target)) return false
      const key = entry.target.join('\0')
      const count = counts.get(key) ?? 0
      counts.set(key, count + 1)
      return limit < 0 || count < limit
    })
    return { data: data.map((entry) => printMetadata(entry, metric === '')) }
  }
}

function printMetadata({ target, metric, type, help, unit }: TargetMetadata, hasName: boolean) {
  return { target: toObject(target), ...(hasName && { metric }), type, help, unit }
}

function targetMatcher(text: string): (target: readonly string[]) => boolean {
  if (text === '') return () => true
  try {
    const matchers = parseSelector(text)
    return (target) => {
      const labels = toObject(target)
      return matchers.every((matcher) => matcher.matches(labels[matcher.name] ?? ''))
    }
  } catch (err) {
    if (err instanceof ParseError) throw badParameter('match_target', err.message)
    throw err
  }
}

/** -1: unlimited. */
function numberParameter(params: URLSearchParams, name: string): number {
  const text = params.get(name) ?? ''
  if (text === '') return -1
  const number = readInteger(text)
  if (number === undefined) throw new ApiError('bad_data', `${name} must be a number`)
  return number
}

function printTarget(target: TargetStatus) {
  return {
    discoveredLabels: toObject(target.discoveredLabels),
    labels: toObject(target.labels),
    scrapePool: target.pool,
    scrapeUrl: target.scrapeUrl,
    globalUrl: target.globalUrl,
    lastError: target.lastError,
    lastScrape: printTime(target.lastScrapeMs),
    lastScrapeDuration: target.lastScrapeDurationSeconds,
    health: target.health,
    scrapeInterval: printDuration(target.scrapeIntervalMs),
    scrapeTimeout: printDuration(target.scrapeTimeoutMs),
    ...(target.errors.length > 0 && { errorHistory: target.errors.map(printError) }),
  }
}

function printError({ atMs, durationSeconds, status, reason, error }: TargetError) {
  return { time: printTime(atMs), duration: durationSeconds, status, reason, error }
}

function printDropped({ discoveredLabels, pool }: DroppedTarget) {
  return { discoveredLabels: toObject(discoveredLabels), scrapePool: pool }
}

function byPool(a: { readonly pool: string }, b: { readonly pool: string }): number {
  return a.pool < b.pool ? -1 : a.pool > b.pool ? 1 : 0
}

function sortedObject<T>(entries: readonly (readonly [string, T])[]): Record<string, T> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function toObject(flat: readonly string[]): Record<string, string> {
  const object: Record<string, string> = {}
  for (let i = 0; i < flat.length; i += 2) object[flat[i] as string] = flat[i + 1] as string
  return object
}
