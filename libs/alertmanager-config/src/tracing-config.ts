/** The `tracing` and `event_recorder` sections: read with the original's rules. */
import { anyHttpHeaders, httpClientConfig, tlsConfig } from '@prom/http'
import {
  bool,
  duration,
  field,
  float,
  list,
  optional,
  type Schema,
  secret,
  string,
  struct,
  uint,
} from '@prom/yaml'

/** A word out of a few; `refuse` says what is wrong with another. */
function word(known: readonly string[], refuse: (text: string) => string): Schema<string> {
  return {
    ...string,
    decode(node, scope) {
      const text = string.decode(node, scope)
      if (text !== '' && !known.includes(text)) scope.fail(node.line, refuse(text))
      return text
    },
    isEmpty: (text) => text === '',
  }
}

const clientType = word(
  ['grpc', 'http'],
  (text) => `expected tracing client type to be to be http or grpc, but got ${text}`,
)
const compression = word(
  ['gzip'],
  (text) => `invalid compression type ${text} provided, valid options: gzip`,
)

export const tracingConfig = struct(
  'tracing.plain',
  {
    clientType: field('client_type', clientType, { default: 'grpc' }),
    endpoint: field('endpoint', string),
    samplingFraction: field('sampling_fraction', float),
    insecure: field('insecure', bool),
    tlsConfig: field('tls_config', optional(tlsConfig)),
    headers: field('headers', optional(anyHttpHeaders)),
    compression: field('compression', compression),
    timeout: field('timeout', duration),
  },
  {
    typeName: 'tracing.TracingConfig',
    check: ({ endpoint }) => (endpoint === '' ? 'tracing endpoint must be set' : undefined),
  },
)

const fileOutput = struct(
  'eventrecorder.plain',
  { path: field('path', string) },
  {
    check: ({ path }) => (path === '' ? 'event_recorder file output requires a path' : undefined),
  },
)

const webhookOutput = struct(
  'eventrecorder.plain',
  {
    url: field('url', secret),
    httpConfig: field('http_config', optional(httpClientConfig)),
    timeout: field('timeout', duration),
    workers: field('workers', uint),
    maxRetries: field('max_retries', uint),
    retryBackoff: field('retry_backoff', duration),
  },
  {
    check: ({ url }) => (url.isEmpty ? 'event_recorder webhook output requires a url' : undefined),
  },
)

const kafkaOutput = struct('eventrecorder.plain', {
  brokers: field('brokers', list(string)),
  topic: field('topic', string),
  clientId: field('client_id', string),
  acks: field('acks', string),
  compression: field('compression', string),
  tlsConfig: field('tls_config', optional(tlsConfig)),
})

export const eventRecorderConfig = struct('eventrecorder.Config', {
  fileOutputs: field('file_outputs', list(fileOutput)),
  webhookOutputs: field('webhook_outputs', list(webhookOutput)),
  kafkaOutputs: field('kafka_outputs', list(kafkaOutput)),
})
