import { httpClientConfig } from '@prom/http'
import { bool, duration, field, type Infer, inline, string, struct } from '@prom/yaml'
import { listAt, textAt, textsAt } from '../answer-fields.ts'
import { askJson } from '../ask.ts'
import { defineMechanism } from '../mechanism.ts'
import { hostPort, joinAround } from '../meta-label.ts'
import { mapParallel, refreshed } from '../refresh.ts'

const PREFIX = '__meta_nomad_'

export const nomadSdConfig = struct(
  'nomad.plain',
  {
    allowStale: field('allow_stale', bool, { default: true, isAlwaysPrinted: true }),
    http: inline(httpClientConfig),
    namespace: field('namespace', string, { default: 'default', isAlwaysPrinted: true }),
    refreshInterval: field('refresh_interval', duration, { default: 60_000 }),
    region: field('region', string, { default: 'global', isAlwaysPrinted: true }),
    server: field('server', string, { default: 'http://localhost:4646', isAlwaysPrinted: true }),
    tagSeparator: field('tag_separator', string, { default: ',' }),
  },
  {
    typeName: 'nomad.SDConfig',
    check: ({ server }) =>
      server.trim() === '' ? 'nomad SD configuration requires a server address' : undefined,
  },
)

/** Lists the services of Nomad's own catalog. */
export const nomad = defineMechanism<Infer<typeof nomadSdConfig>>({
  name: 'nomad',
  start(config, host) {
    const { server, namespace, region, allowStale, tagSeparator } = config
    const client = host.createClient(config.http)
    const base = /^[a-z]+:\/\//i.test(server) ? server.replace(/\/$/, '') : `http://${server}`
    const query = new URLSearchParams({
      ...(namespace && { namespace }),
      ...(region && { region }),
    })
    if (allowStale) query.set('stale', '')
    const ask = (path: string, signal: AbortSignal) =>
      askJson({ client, url: `${base}/v1/${path}?${query}`, signal })
    return refreshed({
      ...{ name: 'nomad', host, intervalMs: config.refreshInterval },
      failed: () => host.metrics.nomadFailures.inc(),
      close: () => client.close(),
      async refresh(signal) {
        const names = listAt({ all: await ask('services', signal) }, 'all').flatMap((space) =>
          listAt(space, 'Services').map((service) => textAt(service, 'ServiceName')),
        )
        const found = await mapParallel(names, async (name) =>
          listAt({ all: await ask(`service/${encodeURIComponent(name)}`, signal) }, 'all'),
        )
        const targets = found.flat().map((instance) => ({
          __address__: hostPort(textAt(instance, 'Address'), textAt(instance, 'Port') || '0'),
          [`${PREFIX}address`]: textAt(instance, 'Address'),
          [`${PREFIX}dc`]: textAt(instance, 'Datacenter'),
          [`${PREFIX}node_id`]: textAt(instance, 'NodeID'),
          [`${PREFIX}namespace`]: textAt(instance, 'Namespace'),
          [`${PREFIX}service`]: textAt(instance, 'ServiceName'),
          [`${PREFIX}service_address`]: textAt(instance, 'Address'),
          [`${PREFIX}service_id`]: textAt(instance, 'ID'),
          [`${PREFIX}service_port`]: textAt(instance, 'Port') || '0',
          [`${PREFIX}tags`]: joinAround(textsAt(instance, 'Tags'), tagSeparator),
        }))
        return [{ source: 'Nomad', targets, labels: {} }]
      },
    })
  },
})
