/** One `remote_write` entry as plain data, on its way to the thread that sends. */
import { createHash } from 'node:crypto'
import { toPlainClient } from '@prom/http'
import { type PlainRelabelRule, toPlainRules } from '@prom/relabel'
import { encodeYaml, redactUrl } from '@prom/yaml'
import type { AzureAdConfig } from '../cloud-auth-config.ts'
import { type RemoteWriteConfig, remoteWriteConfig } from '../remote-write-config.ts'
import type { AzurePlan } from './auth/azure-token.ts'
import type { CloudPlan } from './auth/cloud-client.ts'

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
  readonly cloud: CloudPlan
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
    cloud: planCloud(config),
  }
  return { ...plan, key: JSON.stringify(plan, printMap) }
}

function planCloud({ sigv4, azureAd, googleIam }: RemoteWriteConfig): CloudPlan {
  if (sigv4) return { sigv4: { ...sigv4, secretKey: sigv4.secretKey.reveal() } }
  if (azureAd) return { azure: planAzure(azureAd) }
  return googleIam ? { google: { credentialsFile: googleIam.credentialsFile } } : {}
}

function planAzure(config: AzureAdConfig): AzurePlan {
  const { cloud, scope, managedIdentity, workloadIdentity, oauth, sdk, certificate } = config
  const none = {
    ...{ cloud, scope, clientId: '', clientSecret: '', tenantId: '', tokenFilePath: '' },
    ...{ certificatePath: '', certificateKeyPath: '', certificatePassword: '' },
    sendCertificateChain: false,
  }
  if (managedIdentity) return { ...none, method: 'managed_identity', ...managedIdentity }
  if (workloadIdentity) return { ...none, method: 'workload_identity', ...workloadIdentity }
  if (oauth) {
    return { ...none, method: 'oauth', ...oauth, clientSecret: oauth.clientSecret.reveal() }
  }
  if (certificate) {
    const certificatePassword = certificate.certificatePassword.reveal()
    return { ...none, method: 'certificate', ...certificate, certificatePassword }
  }
  return { ...none, method: 'sdk', tenantId: sdk?.tenantId ?? '' }
}

/** The entry as the effective configuration shows it; its hash names an entry without a name. */
function printEntry(config: RemoteWriteConfig): string {
  return encodeYaml(remoteWriteConfig.encode(config) ?? {})
}

function printMap(_: string, value: unknown): unknown {
  return value instanceof Map ? [...value] : value
}
