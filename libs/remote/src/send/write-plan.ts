/** One `remote_write` entry as plain data, on its way to the thread that sends. */
import { createHash } from 'node:crypto'
import { type Sigv4Config, toPlainClient } from '@prom/http'
import { type PlainRelabelRule, toPlainRules } from '@prom/relabel'
import { encodeYaml, redactUrl } from '@prom/yaml'
import { type RemoteWriteConfig, remoteWriteConfig } from '../remote-write-config.ts'

export interface QueuePlan {
  readonly capacity: number
  readonly maxShards: number
  readonly minShards: number
  readonly maxSamplesPerSend: number
  readonly batchSendDeadline: number
  readonly minBackoff: number
  readonly maxBackoff: number
  readonly retryOnHttp429: boolean
  readonly sampleAgeLimit: number
}

export interface WritePlan {
  /** As configured, or six digits of the entry's hash. */
  readonly name: string
  readonly url: string
  /** Without its password, for metrics and logs. */
  readonly shownUrl: string
  readonly timeoutMs: number
  readonly headers: readonly (readonly [string, string])[]
  readonly rules: readonly PlainRelabelRule[]
  /** Flat pairs. */
  readonly externalLabels: readonly string[]
  readonly sendExemplars: boolean
  readonly sendNativeHistograms: boolean
  readonly isVersion2: boolean
  readonly queue: QueuePlan
  readonly metadata: {
    readonly send: boolean
    readonly sendInterval: number
    readonly maxSamplesPerSend: number
  }
  /** The HTTP client block, secrets included. */
  readonly http: unknown
  readonly sigv4:
    | {
        readonly region: string
        readonly accessKey: string
        readonly secretKey: string
      }
    | undefined
  /** Differs whenever anything above does. */
  readonly key: string
}

/** Throws an Error for what is configured and not available, by its name, and for entries that are the same twice. */
export function planWrites(
  configs: readonly RemoteWriteConfig[],
  externalLabels: ReadonlyMap<string, string>,
): WritePlan[] {
  const names = new Set<string>()
  return configs.map((config) => {
    const hash = createHash('md5').update(printEntry(config)).digest('hex')
    const name = config.name || hash.slice(0, 6)
    if (names.has(name))
      throw new Error(
        `duplicate remote write configs are not allowed, found duplicate for URL: ${redactUrl(config.url)}`,
      )
    names.add(name)
    return planWrite(config, name, externalLabels)
  })
}

function planWrite(
  config: RemoteWriteConfig,
  name: string,
  externalLabels: ReadonlyMap<string, string>,
): WritePlan {
  if (config.azureAd) throw refused('azuread')
  if (config.googleIam) throw refused('google_iam')
  const { capacity, maxShards, minShards, maxSamplesPerSend } = config.queue
  const positive = {
    max_shards: maxShards,
    min_shards: minShards,
    max_samples_per_send: maxSamplesPerSend,
    capacity,
  }
  for (const [key, value] of Object.entries(positive)) {
    if (value <= 0) throw new Error(`remote write queue ${key} must be positive`)
  }
  const plan = {
    name,
    url: config.url,
    shownUrl: redactUrl(config.url),
    timeoutMs: config.remoteTimeout,
    headers: [...config.headers],
    rules: toPlainRules(config.writeRelabelConfigs),
    externalLabels: [...externalLabels].flat(),
    sendExemplars: config.sendExemplars,
    sendNativeHistograms: config.sendNativeHistograms,
    isVersion2: config.protobufMessage === 'io.prometheus.write.v2.Request',
    queue: { ...config.queue },
    metadata: { ...config.metadata },
    http: toPlainClient(config.http),
    sigv4: config.sigv4 && planSigv4(config.sigv4),
  }
  return { ...plan, key: JSON.stringify(plan, printMap) }
}

function planSigv4({ region, accessKey, secretKey, profile, roleArn }: Sigv4Config) {
  if (profile !== '') throw refused('sigv4 profile')
  if (roleArn !== '') throw refused('sigv4 role_arn')
  return { region, accessKey, secretKey: secretKey.reveal() }
}

function refused(what: string): Error {
  return new Error(`remote_write: ${what} is not available in this build`)
}

/** The entry as the effective configuration shows it; its hash names an entry without a name. */
function printEntry(config: RemoteWriteConfig): string {
  return encodeYaml(remoteWriteConfig.encode(config) ?? {})
}

function printMap(_: string, value: unknown): unknown {
  return value instanceof Map ? [...value] : value
}
