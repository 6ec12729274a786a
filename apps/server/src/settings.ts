/** What the flags say together: rules across flags, defaults that depend on others. */
import { computeExternalUrl, computeRoutePrefix, type ExternalUrl } from '@prom/daemon'
import { quoteGo } from '@prom/model'
import type { PrometheusConfig } from '@prom/prometheus-config'
import { AnchoredRegex } from '@prom/regex'
import type { ServerFlags } from './flags.ts'

export interface Settings {
  readonly external: ExternalUrl
  /** Without a slash at its end. */
  readonly routePrefix: string
  readonly corsOrigin: AnchoredRegex
  readonly retentionMs: number
  readonly retentionBytes: number
  /** The widest block compaction makes. */
  readonly blockMaxMs: number
  /** Names given to `--enable-feature`. */
  readonly features: ReadonlySet<string>
  readonly unknownFeatures: readonly string[]
}

/** Ends the program: the text goes to stderr as it is. */
export class SettingsError extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode: number) {
    super(message)
    this.exitCode = exitCode
  }
}

const DAY_MS = 86_400_000
const MIB = 1024 * 1024
const DEFAULT_RETENTION_MS = 15 * DAY_MS

const FEATURES: readonly string[] = [
  'exemplar-storage',
  'memory-snapshot-on-shutdown',
  'extra-scrape-metrics',
  'metadata-wal-records',
  'promql-per-step-stats',
  'promql-experimental-functions',
  'promql-delayed-name-removal',
  'promql-duration-expr',
  'promql-extended-range-selectors',
  'promql-binop-fill-modifiers',
  'use-start-timestamps',
  'concurrent-rule-eval',
  'created-timestamp-zero-ingestion',
  'delayed-compaction',
  'use-uncached-io',
  'old-ui',
  'otlp-deltatocumulative',
  'otlp-native-delta-ingestion',
  'type-and-unit-labels',
  'native-histograms',
  'ooo-native-histograms',
  'auto-reload-config',
]

/** Throws SettingsError in the original's words. `given` are the flags named on the command line. */
export function readSettings(
  flags: ServerFlags,
  given: readonly string[],
  hostname: string,
): Settings {
  refuseOtherMode(flags, given)
  const ratio = flags.autoGomemlimitRatio
  if (ratio <= 0 || ratio > 1) {
    const text = '--auto-gomemlimit.ratio must be greater than 0 and less than or equal to 1.'
    throw new SettingsError(text, 1)
  }
  refuseSizes(flags)
  const features = flags.enableFeature.flatMap((list) => list.split(',')).filter(Boolean)
  if (
    features.includes('otlp-deltatocumulative') &&
    features.includes('otlp-native-delta-ingestion')
  ) {
    const text =
      'Error parsing feature list: cannot enable otlp-deltatocumulative and otlp-native-delta-ingestion features at the same time'
    throw new SettingsError(text, 1)
  }
  const external = readExternalUrl(flags, hostname)
  const repeated = flags.webRemoteWriteReceiverAcceptedProtobufMessages
  for (const [i, message] of repeated.entries()) {
    if (repeated.indexOf(message) !== i) {
      const text = `duplicated ${message} flag value, got [${message}] already`
      throw new SettingsError(`Error parsing command line arguments: ${text}`, 2)
    }
  }
  const { storageTsdbRetentionTime: time, storageTsdbRetentionSize: size } = flags
  const isUnset = (time ?? 0) === 0 && (size ?? 0) === 0
  return {
    external,
    routePrefix: computeRoutePrefix(flags.webRoutePrefix, external),
    corsOrigin: compileOrigin(flags.webCorsOrigin),
    retentionMs: isUnset ? DEFAULT_RETENTION_MS : (time ?? 0),
    retentionBytes: size ?? 0,
    blockMaxMs: flags.maxBlockDuration || widestBlock(isUnset ? DEFAULT_RETENTION_MS : (time ?? 0)),
    features: new Set(features),
    unknownFeatures: features.filter((name) => !FEATURES.includes(name)),
  }
}

/** How long and how much is kept: what the file says, else the flags. */
export function retentionOf(
  { storage }: PrometheusConfig,
  settings: Pick<Settings, 'retentionMs' | 'retentionBytes'>,
) {
  const { time = 0, size = 0, percentage = 0 } = storage.tsdb?.retention ?? {}
  return {
    retentionMs: time > 0 ? time : settings.retentionMs,
    retentionBytes: size > 0 ? size : settings.retentionBytes,
    retentionPercentage: percentage,
  }
}

/** Compat: a tenth of the retention, at most a month. */
function widestBlock(retentionMs: number): number {
  const month = 31 * DAY_MS
  return retentionMs > 0 ? Math.min(month, Math.floor(retentionMs / 10)) : month
}

function refuseSizes({ walSegmentSize, maxBlockChunkSegmentSize }: ServerFlags): void {
  if (walSegmentSize !== 0 && (walSegmentSize < 10 * MIB || walSegmentSize > 256 * MIB)) {
    const text = "flag 'storage.tsdb.wal-segment-size' must be set between 10MB and 256MB"
    throw new SettingsError(text, 1)
  }
  if (maxBlockChunkSegmentSize !== 0 && maxBlockChunkSegmentSize < MIB) {
    const text = "flag 'storage.tsdb.max-block-chunk-segment-size' must be set over 1MB"
    throw new SettingsError(text, 1)
  }
}

/** Flags that are for the other mode. */
function refuseOtherMode(flags: ServerFlags, given: readonly string[]): void {
  const isServerOnly = (name: string) =>
    /^--(no-)?(storage\.tsdb|rules|alertmanager|query|storage\.remote\.read)[.-]/.test(name)
  const isAgentOnly = (name: string) => /^--(no-)?storage\.agent\./.test(name)
  const wrong = given.filter(flags.agent ? isServerOnly : isAgentOnly)
  if (wrong.length === 0) return
  const list = `[${wrong.map(quoteGo).join(' ')}]`
  const where = flags.agent ? 'can not be used in agent mode' : 'can only be used in agent mode'
  throw new SettingsError(`The following flag(s) ${where}: ${list}`, 3)
}

function readExternalUrl(flags: ServerFlags, hostname: string): ExternalUrl {
  const given = flags.webExternalUrl ?? ''
  try {
    return computeExternalUrl(given, flags.webListenAddress[0] ?? '', hostname)
  } catch (err) {
    throw new SettingsError(`parse external URL ${quoteGo(given)}: ${(err as Error).message}`, 2)
  }
}

function compileOrigin(pattern: string): AnchoredRegex {
  try {
    return AnchoredRegex.compile(pattern)
  } catch (err) {
    const reason = (err as Error).message
    const text = `could not compile CORS regex string ${quoteGo(pattern)}: ${reason}`
    throw new SettingsError(text, 2)
  }
}
