import { httpClientConfig } from '@prom/http'
import { duration, field, type Infer, inline, int, struct } from '@prom/yaml'
import { listAt, textAt, textsAt } from '../answer-fields.ts'
import { askJson, PAGES_MAX } from '../ask.ts'
import { defineMechanism } from '../mechanism.ts'
import { hostPort, joinAround } from '../meta-label.ts'
import { refreshed } from '../refresh.ts'

const URL = 'https://api.vultr.com/v2/instances'
const PREFIX = '__meta_vultr_instance_'

export const vultrSdConfig = struct(
  'vultr.plain',
  {
    http: inline(httpClientConfig),
    refreshInterval: field('refresh_interval', duration, { default: 60_000 }),
    port: field('port', int, { default: 80, isAlwaysPrinted: true }),
  },
  { typeName: 'vultr.SDConfig' },
)

/** Lists the instances of a Vultr account. */
export const vultr = defineMechanism<Infer<typeof vultrSdConfig>>({
  name: 'vultr',
  start(config, host) {
    const client = host.createClient(config.http)
    return refreshed({
      ...{ name: 'vultr', host, intervalMs: config.refreshInterval },
      close: () => client.close(),
      async refresh(signal) {
        const instances: unknown[] = []
        let cursor = ''
        for (let page = 0; page < PAGES_MAX; page++) {
          const query = new URLSearchParams({ per_page: '100', ...(cursor && { cursor }) })
          const answer = await askJson({ client, url: `${URL}?${query}`, signal })
          instances.push(...listAt(answer, 'instances'))
          cursor = textAt(answer, 'meta', 'links', 'next')
          if (cursor === '') break
        }
        const targets = instances.map((instance) => target(instance, config.port))
        return [{ source: 'Vultr', targets, labels: {} }]
      },
    })
  },
})

function target(instance: unknown, port: number): Record<string, string> {
  return {
    __address__: hostPort(textAt(instance, 'main_ip'), port),
    [`${PREFIX}id`]: textAt(instance, 'id'),
    [`${PREFIX}label`]: textAt(instance, 'label'),
    [`${PREFIX}os`]: textAt(instance, 'os'),
    [`${PREFIX}os_id`]: textAt(instance, 'os_id'),
    [`${PREFIX}region`]: textAt(instance, 'region'),
    [`${PREFIX}plan`]: textAt(instance, 'plan'),
    [`${PREFIX}main_ip`]: textAt(instance, 'main_ip'),
    [`${PREFIX}internal_ip`]: textAt(instance, 'internal_ip'),
    [`${PREFIX}main_ipv6`]: textAt(instance, 'v6_main_ip'),
    [`${PREFIX}hostname`]: textAt(instance, 'hostname'),
    [`${PREFIX}server_status`]: textAt(instance, 'server_status'),
    [`${PREFIX}vcpu_count`]: textAt(instance, 'vcpu_count'),
    [`${PREFIX}ram_mb`]: textAt(instance, 'ram'),
    [`${PREFIX}allowed_bandwidth_gb`]: textAt(instance, 'allowed_bandwidth'),
    [`${PREFIX}disk_gb`]: textAt(instance, 'disk'),
    [`${PREFIX}features`]: joinAround(textsAt(instance, 'features'), ','),
    [`${PREFIX}tags`]: joinAround(textsAt(instance, 'tags'), ','),
  }
}
