import type { TargetGroup } from '@prom/discovery'
import { Labels } from '@prom/labels'
import { isValidLabelValue, parseDuration, printDuration, quoteGo } from '@prom/model'
import { relabel } from '@prom/relabel'
import type { TargetPlan } from './contract.ts'
import type { ScrapeConfig } from './scrape-config.ts'

/** Where this server is reached from outside, for the links to targets on its own machine. */
export interface ExternalAddress {
  readonly scheme: string
  /** host:port of the external URL. */
  readonly host: string
  /** The port this server listens on. */
  readonly port: string
}

/** What relabelling made of one discovered target. */
export type BuiltTarget =
  | { readonly kind: 'active'; readonly plan: TargetPlan }
  | { readonly kind: 'dropped'; readonly discoveredLabels: readonly string[] }
  | { readonly kind: 'failed'; readonly error: string }

const ADDRESS = '__address__'
const SCHEME = '__scheme__'
const METRICS_PATH = '__metrics_path__'
const INTERVAL = '__scrape_interval__'
const TIMEOUT = '__scrape_timeout__'
const PARAM = '__param_'

/** Relabels one discovered target into what is to be scraped. */
export function buildTarget(
  own: Readonly<Record<string, string>>,
  group: TargetGroup,
  config: ScrapeConfig,
  external: ExternalAddress,
): BuiltTarget {
  const discovered = discoveredLabels(own, group, config)
  const nameValidation = config.metricNameValidationScheme === 'legacy' ? 'legacy' : 'utf8'
  const relabelled = relabel(discovered, config.relabelConfigs, { nameValidation })
  if (relabelled === undefined || relabelled.size === 0) {
    return { kind: 'dropped', discoveredLabels: discovered.flat() }
  }
  const problem = targetProblem(relabelled)
  if (problem !== undefined) return { kind: 'failed', error: problem }

  const labels = publicLabels(relabelled)
  const url = targetUrl(relabelled, config)
  const plan: TargetPlan = {
    key: `${relabelled.key()}\xff${url}`,
    labels: labels.flat(),
    discoveredLabels: discovered.flat(),
    url,
    globalUrl: globalUrl(url, external),
    intervalMs: readDuration(relabelled, INTERVAL),
    timeoutMs: readDuration(relabelled, TIMEOUT),
  }
  return { kind: 'active', plan }
}

/** A target's own labels win over those of its group, these over the defaults of the job. */
function discoveredLabels(
  own: Readonly<Record<string, string>>,
  group: TargetGroup,
  config: ScrapeConfig,
): Labels {
  const labels = new Map(Object.entries({ ...group.labels, ...own }))
  const setDefault = (name: string, value: string) => {
    if ((labels.get(name) ?? '') === '') labels.set(name, value)
  }
  setDefault('job', config.jobName)
  setDefault(INTERVAL, printDuration(config.scrapeInterval))
  setDefault(TIMEOUT, printDuration(config.scrapeTimeout))
  setDefault(METRICS_PATH, config.metricsPath)
  setDefault(SCHEME, config.scheme)
  for (const [name, [first]] of config.params) {
    if (first !== undefined) setDefault(PARAM + name, first)
  }
  return Labels.from(labels)
}

/** Why the target cannot be scraped, in the original's words. */
function targetProblem(labels: Labels): string | undefined {
  const address = labels.get(ADDRESS)
  if (address === '') return 'no address'
  if (address.includes('/')) return `${quoteGo(address)} is not a valid hostname`
  const problem = durationProblem(labels, INTERVAL) ?? durationProblem(labels, TIMEOUT)
  if (problem !== undefined) return problem
  if (readDuration(labels, TIMEOUT) > readDuration(labels, INTERVAL)) {
    const shown = `(${quoteGo(labels.get(TIMEOUT))} > ${quoteGo(labels.get(INTERVAL))})`
    return `scrape timeout cannot be greater than scrape interval ${shown}`
  }
  for (const [name, value] of labels) {
    if (!isValidLabelValue(value)) {
      return `invalid label value for ${quoteGo(name)}: ${quoteGo(value)}`
    }
  }
  return urlProblem(labels)
}

function durationProblem(labels: Labels, label: string): string | undefined {
  const what = label === INTERVAL ? 'interval' : 'timeout'
  const parsed = parseDuration(labels.get(label))
  if ('error' in parsed) return `error parsing scrape ${what}: ${parsed.error}`
  return parsed.ms > 0 ? undefined : `scrape ${what} cannot be 0`
}

/** Of a label that `durationProblem` has nothing against. */
function readDuration(labels: Labels, label: string): number {
  const parsed = parseDuration(labels.get(label))
  return 'ms' in parsed ? parsed.ms : 0
}

function urlProblem(labels: Labels): string | undefined {
  const scheme = labels.get(SCHEME)
  if (scheme !== 'http' && scheme !== 'https')
    return `unsupported protocol scheme ${quoteGo(scheme)}`
  try {
    new URL(`${scheme}://${labels.get(ADDRESS)}/`)
    return undefined
  } catch {
    return `invalid address ${quoteGo(labels.get(ADDRESS))}`
  }
}

/** Without what is for the scrape alone; `instance` is the address unless set. */
function publicLabels(labels: Labels): Labels {
  const kept = [...labels].filter(([name]) => !name.startsWith('__'))
  const all = new Map(kept)
  if (!all.has('instance')) all.set('instance', labels.get(ADDRESS))
  return Labels.from(all)
}

/** scheme, address, path and the parameters, of which relabelling may have changed the first value of each. */
function targetUrl(labels: Labels, config: ScrapeConfig): string {
  const params = new Map<string, string[]>()
  for (const [name, values] of config.params) params.set(name, [...values])
  for (const [label, value] of labels) {
    if (!label.startsWith(PARAM)) continue
    const values = params.get(label.slice(PARAM.length))
    if (values && values.length > 0) values[0] = value
    else params.set(label.slice(PARAM.length), [value])
  }
  const path = labels.get(METRICS_PATH)
  const slashed = path.startsWith('/') || path === '' ? path : `/${path}`
  const query = printQuery(params)
  const glue = query === '' ? '' : slashed.includes('?') ? '&' : '?'
  return `${labels.get(SCHEME)}://${labels.get(ADDRESS)}${escapePath(slashed)}${glue}${query}`
}

/** Sorted by name, as Go's url.Values.Encode. */
function printQuery(params: ReadonlyMap<string, readonly string[]>): string {
  return [...params]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, values]) =>
      values.map((value) => `${escapeQuery(name)}=${escapeQuery(value)}`),
    )
    .join('&')
}

function escapeQuery(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
}

/** Compat: a question mark in the path is part of the path. */
function escapePath(path: string): string {
  return encodeURI(path).replaceAll('?', '%3F').replaceAll('#', '%23').replaceAll('%25', '%')
}

const LOCAL_HOSTS = new Set(['127.0.0.1', 'localhost', '[::1]'])

/** The link for people elsewhere: this machine's names are replaced by the one the server is known under. */
function globalUrl(url: string, external: ExternalAddress): string {
  const parsed = new URL(url)
  if (!LOCAL_HOSTS.has(parsed.hostname)) return url
  const port = parsed.port || (parsed.protocol === 'https:' ? '443' : '80')
  const rest = url.slice(url.indexOf('/', parsed.protocol.length + 2))
  if (port === external.port) return `${external.scheme}://${external.host}${rest}`
  const host = external.host.replace(/:[0-9]+$/, '')
  const shownPort = parsed.port === '' ? '' : `:${parsed.port}`
  return `${parsed.protocol}//${host}${shownPort}${rest}`
}
