/** `tracing`: where spans of the server go. */
import { tlsConfig } from '@prom/http'
import { reservedHeaderProblem } from '@prom/remote'
import { bool, duration, field, float, type Infer, map, oneOf, string, struct } from '@prom/yaml'

const schema = struct(
  'config.plain',
  {
    clientType: field(
      'client_type',
      oneOf(
        ['grpc', 'http'],
        (text) => `expected tracing client type to be to be http or grpc, but got ${text}`,
      ),
      { default: 'grpc' },
    ),
    endpoint: field('endpoint', string),
    samplingFraction: field('sampling_fraction', float),
    insecure: field('insecure', bool),
    tls: field('tls_config', tlsConfig),
    headers: field('headers', map(string)),
    compression: field(
      'compression',
      oneOf(['gzip'], (text) => `invalid compression type ${text} provided, valid options: gzip`),
      { default: '' as 'gzip' },
    ),
    timeout: field('timeout', duration),
  },
  {
    typeName: 'config.TracingConfig',
    check({ endpoint, headers }) {
      const header = reservedHeaderProblem(
        headers.keys(),
        'custom authorization header configuration is not yet supported',
      )
      if (header) return { text: header, key: 'headers' }
      return endpoint === '' ? 'tracing endpoint must be set' : undefined
    },
  },
)

/** Absent: no tracing, nothing printed. */
export const tracingConfig = { ...schema, create: schema.zero }

export type TracingConfig = Infer<typeof schema>
