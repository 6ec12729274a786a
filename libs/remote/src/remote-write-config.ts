/** One entry of `remote_write`. */
import { httpClientConfigWithoutHttp2, sigv4Config } from '@prom/http'
import { relabelConfigs } from '@prom/relabel'
import {
  bool,
  duration,
  field,
  type Infer,
  inline,
  int,
  map,
  oneOf,
  optional,
  string,
  struct,
  url,
} from '@prom/yaml'
import { azureAdConfig, googleIamConfig } from './cloud-auth-config.ts'
import { reservedHeaderProblem } from './reserved-headers.ts'

export const REMOTE_WRITE_MESSAGES = [
  'prometheus.WriteRequest',
  'io.prometheus.write.v2.Request',
] as const

const queueConfig = struct(
  'config.QueueConfig',
  {
    capacity: field('capacity', int, { default: 10_000 }),
    maxShards: field('max_shards', int, { default: 50 }),
    minShards: field('min_shards', int, { default: 1 }),
    maxSamplesPerSend: field('max_samples_per_send', int, { default: 2000 }),
    batchSendDeadline: field('batch_send_deadline', duration, { default: 5000 }),
    minBackoff: field('min_backoff', duration, { default: 30 }),
    maxBackoff: field('max_backoff', duration, { default: 5000 }),
    retryOnHttp429: field('retry_on_http_429', bool),
    sampleAgeLimit: field('sample_age_limit', duration),
  },
  { removed: { max_retries: 'sample_age_limit' } },
)

const metadataConfig = struct('config.MetadataConfig', {
  send: field('send', bool, { default: true, isAlwaysPrinted: true }),
  sendInterval: field('send_interval', duration, { default: 60_000, isAlwaysPrinted: true }),
  maxSamplesPerSend: field('max_samples_per_send', int, { default: 2000 }),
})

export const remoteWriteConfig = struct(
  'config.plain',
  {
    url: field('url', url, { isAlwaysPrinted: true }),
    remoteTimeout: field('remote_timeout', duration, { default: 30_000 }),
    headers: field('headers', map(string)),
    writeRelabelConfigs: field(
      'write_relabel_configs',
      relabelConfigs('empty or null relabeling rule in remote write config'),
    ),
    name: field('name', string),
    sendExemplars: field('send_exemplars', bool),
    sendNativeHistograms: field('send_native_histograms', bool),
    roundRobinDns: field('round_robin_dns', bool),
    protobufMessage: field(
      'protobuf_message',
      oneOf(
        REMOTE_WRITE_MESSAGES,
        (text) =>
          `invalid protobuf_message value: unknown type for remote write protobuf message ${text}, supported: ${REMOTE_WRITE_MESSAGES.join(', ')}`,
      ),
      { default: 'prometheus.WriteRequest' },
    ),
    http: inline(httpClientConfigWithoutHttp2),
    queue: field('queue_config', queueConfig, { default: queueConfig.create }),
    metadata: field('metadata_config', metadataConfig, { default: metadataConfig.create }),
    sigv4: field('sigv4', optional(sigv4Config)),
    azureAd: field('azuread', optional(azureAdConfig)),
    googleIam: field('google_iam', optional(googleIamConfig)),
  },
  {
    typeName: 'config.RemoteWriteConfig',
    check(config) {
      if (config.url === '') return 'url for remote_write is empty'
      const header = reservedHeaderProblem(
        config.headers.keys(),
        'authorization header must be changed via the basic_auth, authorization, oauth2, sigv4, azuread or google_iam parameter',
      )
      if (header) return header
      const { basicAuth, authorization, oauth2 } = config.http
      const used = Object.entries({
        basic_auth: basicAuth,
        authorization,
        oauth2,
        sigv4: config.sigv4,
        azuread: config.azureAd,
        google_iam: config.googleIam,
      }).flatMap(([name, value]) => (value === undefined ? [] : [name]))
      if (used.length <= 1) return undefined
      return `at most one of basic_auth, authorization, oauth2, sigv4, azuread or google_iam must be configured. Currently configured: [${used.join(' ')}]`
    },
  },
)

export type RemoteWriteConfig = Infer<typeof remoteWriteConfig>
