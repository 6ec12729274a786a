import { type HttpClient, httpClientConfig } from '@prom/http'
import { duration, field, type Infer, inline, string, struct } from '@prom/yaml'
import { listAt, pairsAt, textAt } from '../answer-fields.ts'
import { defineMechanism } from '../mechanism.ts'
import { labelsUnder } from '../meta-label.ts'
import { refreshed } from '../refresh.ts'
import type { TargetGroup } from '../target-group.ts'

const PREFIX = '__meta_kuma_'
const TYPE_URL = 'type.googleapis.com/kuma.observability.v1.MonitoringAssignment'

export const kumaSdConfig = struct(
  'kuma.plain',
  {
    http: inline(httpClientConfig),
    refreshInterval: field('refresh_interval', duration, { default: 15_000 }),
    fetchTimeout: field('fetch_timeout', duration, { default: 120_000 }),
    server: field('server', string),
    clientId: field('client_id', string),
  },
  {
    typeName: 'xds.KumaSDConfig',
    check({ server }) {
      if (server === '') return 'kuma SD server must not be empty'
      return /^[a-z][a-z0-9+.-]*:\/\/[^/?#]+/i.test(server)
        ? undefined
        : 'kuma SD server must be a valid URL'
    },
  },
)
type Config = Infer<typeof kumaSdConfig>

/** Fetches a Kuma control plane's monitoring assignments; the server answers when there are new ones. */
export const kuma = defineMechanism<Config>({
  name: 'kuma',
  start(config, host) {
    const client = host.createClient(config.http)
    const { metrics } = host
    const known = { version: '', nonce: '', groups: [] as readonly TargetGroup[] }
    return refreshed({
      ...{ name: 'kuma', host, intervalMs: config.refreshInterval },
      failed: () => metrics.kumaFailures.inc(),
      close: () => client.close(),
      async refresh(signal) {
        const answer = await fetchAssignments(client, config, known, signal)
        if (answer === undefined) {
          metrics.kumaSkipped.inc()
          return known.groups
        }
        known.version = textAt(answer, 'version_info')
        known.nonce = textAt(answer, 'nonce')
        known.groups = listAt(answer, 'resources').map(toGroup)
        return known.groups
      },
    })
  },
})

/** Undefined when nothing is new. */
async function fetchAssignments(
  client: HttpClient,
  { server, clientId, fetchTimeout }: Config,
  { version, nonce }: { readonly version: string; readonly nonce: string },
  signal: AbortSignal,
): Promise<unknown> {
  const query = new URLSearchParams({ 'fetch-timeout': `${fetchTimeout / 1000}s` })
  const url = `${server.replace(/\/$/, '')}/v3/discovery:monitoringassignments?${query}`
  const answer = await client.request({
    method: 'POST',
    url,
    headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
    body: JSON.stringify({
      ...(version !== '' && { version_info: version }),
      node: { id: clientId || 'prometheus' },
      type_url: TYPE_URL,
      ...(nonce !== '' && { response_nonce: nonce }),
    }),
    timeoutMs: fetchTimeout + 15_000,
    signal,
  })
  if (answer.status === 304) return undefined
  if (answer.status !== 200) {
    throw new Error(`non 200 status '${answer.status}' response during xDS fetch`)
  }
  return JSON.parse(Buffer.from(answer.body).toString('utf8'))
}

function toGroup(assignment: unknown): TargetGroup {
  const shared = labelsUnder(`${PREFIX}label_`, pairsAt(assignment, 'labels'))
  const mesh = textAt(assignment, 'mesh')
  const service = textAt(assignment, 'service')
  return {
    source: `${mesh}/${service}`,
    labels: {},
    targets: listAt(assignment, 'targets').map((target) => ({
      ...shared,
      ...labelsUnder(`${PREFIX}label_`, pairsAt(target, 'labels')),
      [`${PREFIX}mesh`]: mesh,
      [`${PREFIX}service`]: service,
      [`${PREFIX}dataplane`]: textAt(target, 'name'),
      instance: textAt(target, 'name'),
      __address__: textAt(target, 'address'),
      __scheme__: textAt(target, 'scheme'),
      __metrics_path__: textAt(target, 'metrics_path'),
    })),
  }
}
