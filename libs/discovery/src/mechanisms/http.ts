import { decodeGroups } from '../group-json.ts'
import { type Discovery, type DiscoveryHost, defineMechanism } from '../mechanism.ts'
import { refreshed } from '../refresh.ts'
import type { TargetGroup } from '../target-group.ts'
import type { HttpSdConfig } from './http-config.ts'

const CONTENT_TYPE = /^application\/json(;\s?charset=("utf-8"|utf-8))?$/i
const DOCUMENT_BYTES_MAX = 256 << 20

/** Asks a URL for target groups as JSON. */
export const http = defineMechanism<HttpSdConfig>({ name: 'http', start })

function start(config: HttpSdConfig, host: DiscoveryHost): Discovery {
  const client = host.createClient(config.http)
  return refreshed({
    ...{ name: 'http', host },
    intervalMs: config.refreshInterval,
    refresh: (signal) => ask(config, host.version, client, signal),
    failed: () => host.metrics.httpFailures.inc(),
    close: () => client.close(),
  })
}

async function ask(
  { url, refreshInterval }: HttpSdConfig,
  version: string,
  client: ReturnType<DiscoveryHost['createClient']>,
  signal: AbortSignal,
): Promise<TargetGroup[]> {
  const answer = await client.request({
    method: 'GET',
    url,
    headers: {
      'User-Agent': `Prometheus/${version}`,
      Accept: 'application/json',
      'X-Prometheus-Refresh-Interval-Seconds': String(refreshInterval / 1000),
    },
    timeoutMs: refreshInterval,
    signal,
    bodyLimitBytes: DOCUMENT_BYTES_MAX,
  })
  if (answer.status !== 200) throw new Error(`server returned HTTP status ${answer.status}`)
  const type = (answer.headers['content-type'] ?? '').trim()
  if (!CONTENT_TYPE.test(type)) throw new Error(`unsupported content type ${JSON.stringify(type)}`)
  const document: unknown = JSON.parse(Buffer.from(answer.body).toString('utf8'))
  return decodeGroups(document, (index) => `${url}:${index}`, { __meta_url: url })
}
