import { httpClientConfig } from '@prom/http'
import { duration, field, type Infer, inline, int, string, struct } from '@prom/yaml'
import { at, listAt, textAt, textsAt } from '../answer-fields.ts'
import { askJson } from '../ask.ts'
import { defineMechanism } from '../mechanism.ts'
import { hostPort, joinAround, sanitizeLabel } from '../meta-label.ts'
import { refreshed } from '../refresh.ts'

const API_URL = 'https://api.ionos.com/cloudapi/v6'
const PREFIX = '__meta_ionos_server_'

export const ionosSdConfig = struct(
  'ionos.plain',
  {
    datacenterId: field('datacenter_id', string, { isAlwaysPrinted: true }),
    http: inline(httpClientConfig),
    refreshInterval: field('refresh_interval', duration, { default: 60_000 }),
    port: field('port', int, { default: 80, isAlwaysPrinted: true }),
  },
  {
    typeName: 'ionos.SDConfig',
    check: ({ datacenterId }) => (datacenterId === '' ? "datacenter id can't be empty" : undefined),
  },
)
type Config = Infer<typeof ionosSdConfig>

/** Lists the servers of one IONOS data center. */
export const ionos = defineMechanism<Config>({
  name: 'ionos',
  start(config, host) {
    const client = host.createClient(config.http)
    return refreshed({
      ...{ name: 'ionos', host, intervalMs: config.refreshInterval },
      close: () => client.close(),
      async refresh(signal) {
        const id = encodeURIComponent(config.datacenterId)
        const url = `${API_URL}/datacenters/${id}/servers?depth=3`
        const answer = await askJson({ client, url, signal })
        const targets = listAt(answer, 'items').flatMap((server) =>
          target(server, textAt(answer, 'id'), config),
        )
        return [{ source: `ionos ${config.datacenterId}`, targets, labels: {} }]
      },
    })
  },
})

/** Nothing for a server without addresses. */
function target(server: unknown, listId: string, { port }: Config): Record<string, string>[] {
  const properties = at(server, 'properties')
  const nics = listAt(server, 'entities', 'nics', 'items').map((nic) => ({
    name: textAt(nic, 'properties', 'name') || 'unnamed',
    ips: textsAt(nic, 'properties', 'ips'),
  }))
  // Compat: those of later cards come first.
  const ips = [...nics].reverse().flatMap((nic) => nic.ips)
  const [first] = ips
  if (first === undefined) return []
  const byName = new Map<string, string[]>()
  for (const { name, ips: own } of nics) byName.set(name, [...own, ...(byName.get(name) ?? [])])
  const nicLabels = [...byName].map(([name, own]) => [
    `${PREFIX}nic_ip_${sanitizeLabel(name)}`,
    joinAround(own, ','),
  ])
  return [
    {
      __address__: hostPort(first, port),
      [`${PREFIX}availability_zone`]: textAt(properties, 'availabilityZone'),
      [`${PREFIX}cpu_family`]: textAt(properties, 'cpuFamily'),
      [`${PREFIX}servers_id`]: listId,
      [`${PREFIX}id`]: textAt(server, 'id'),
      [`${PREFIX}ip`]: joinAround(ips, ','),
      [`${PREFIX}lifecycle`]: textAt(server, 'metadata', 'state'),
      [`${PREFIX}name`]: textAt(properties, 'name'),
      [`${PREFIX}state`]: textAt(properties, 'vmState'),
      [`${PREFIX}type`]: textAt(properties, 'type'),
      [`${PREFIX}boot_cdrom_id`]: textAt(properties, 'bootCdrom', 'id'),
      [`${PREFIX}boot_volume_id`]: textAt(properties, 'bootVolume', 'id'),
      [`${PREFIX}boot_image_id`]: textAt(
        listAt(server, 'entities', 'volumes', 'items')[0],
        ...['properties', 'image'],
      ),
      ...Object.fromEntries(nicLabels),
    },
  ]
}
