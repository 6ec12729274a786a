/** Formats a target may answer in, in the order they are asked for. */
import { list, type Schema, string } from '@prom/yaml'

export const SCRAPE_PROTOCOLS = [
  'OpenMetricsText0.0.1',
  'OpenMetricsText1.0.0',
  'PrometheusProto',
  'PrometheusText0.0.4',
  'PrometheusText1.0.0',
] as const

export type ScrapeProtocol = (typeof SCRAPE_PROTOCOLS)[number]

export const DEFAULT_SCRAPE_PROTOCOLS: readonly ScrapeProtocol[] = [
  'OpenMetricsText1.0.0',
  'OpenMetricsText0.0.1',
  'PrometheusText1.0.0',
  'PrometheusText0.0.4',
]

/** The default where native histograms or start times are asked for: protobuf alone carries them all. */
export const PROTO_FIRST_SCRAPE_PROTOCOLS: readonly ScrapeProtocol[] = [
  'PrometheusProto',
  ...DEFAULT_SCRAPE_PROTOCOLS,
]

/** Any text decodes; `protocolProblem` says what is wrong with it, because the original does so later. */
export const scrapeProtocol: Schema<ScrapeProtocol | ''> = {
  encode: (value) => value,
  typeName: 'config.ScrapeProtocol',
  decode: (node, scope) => string.decode(node, scope) as ScrapeProtocol,
  zero: () => '',
  isEmpty: (value) => value === '',
}

export const scrapeProtocols = list(scrapeProtocol as Schema<ScrapeProtocol>)

export function protocolProblem(name: string): string | undefined {
  if (SCRAPE_PROTOCOLS.some((known) => known === name)) return undefined
  return `unknown scrape protocol ${name}, supported: [${SCRAPE_PROTOCOLS.join(' ')}]`
}

/** What is wrong with a whole list. */
export function protocolsProblem(names: readonly string[]): string | undefined {
  if (names.length === 0) return 'scrape_protocols cannot be empty'
  const seen = new Set<string>()
  for (const name of names) {
    if (seen.has(name)) return `duplicated protocol in scrape_protocols, got [${names.join(' ')}]`
    seen.add(name)
    const problem = protocolProblem(name)
    if (problem) return `scrape_protocols: ${problem}`
  }
  return undefined
}
