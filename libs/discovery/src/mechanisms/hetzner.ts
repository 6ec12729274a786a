import { type HttpClient, httpClientConfig } from '@prom/http'
import { quoteGo } from '@prom/model'
import { duration, field, type Infer, inline, int, string, struct } from '@prom/yaml'
import { at, entriesAt, listAt, numberAt, pairsAt, textAt } from '../answer-fields.ts'
import { askJson, PAGES_MAX } from '../ask.ts'
import { defineMechanism } from '../mechanism.ts'
import { hostPort, labelsUnder, presentUnder, sanitizeLabel } from '../meta-label.ts'
import { refreshed } from '../refresh.ts'

const CLOUD_URL = 'https://api.hetzner.cloud/v1'
const ROBOT_URL = 'https://robot-ws.your-server.de'
const PREFIX = '__meta_hetzner_'
const CLOUD = `${PREFIX}hcloud_`
const ROLES = ['robot', 'hcloud']

export const hetznerSdConfig = struct(
  'hetzner.plain',
  {
    http: inline(httpClientConfig),
    refreshInterval: field('refresh_interval', duration, { default: 60_000 }),
    port: field('port', int, { default: 80, isAlwaysPrinted: true }),
    role: field('role', string, { isAlwaysPrinted: true }),
    labelSelector: field('label_selector', string),
  },
  {
    typeName: 'hetzner.SDConfig',
    check({ role }) {
      if (role === '') return 'role missing (one of: robot, hcloud)'
      return ROLES.includes(role)
        ? undefined
        : { text: `unknown role ${quoteGo(role)}`, key: 'role' }
    },
  },
)
type Config = Infer<typeof hetznerSdConfig>
type Target = Record<string, string>

/** Lists servers of Hetzner's cloud, or dedicated ones of its Robot. */
export const hetzner = defineMechanism<Config>({
  name: 'hetzner',
  start(config, host) {
    const client = host.createClient(config.http)
    return refreshed({
      ...{ name: 'hetzner', host, intervalMs: config.refreshInterval },
      close: () => client.close(),
      async refresh(signal) {
        const find = config.role === 'robot' ? findRobot : findCloud
        const targets = await find(client, config, signal)
        return [{ source: 'hetzner', targets, labels: {} }]
      },
    })
  },
})

async function findCloud(
  client: HttpClient,
  config: Config,
  signal: AbortSignal,
): Promise<Target[]> {
  const all = async (what: string, params: Record<string, string>) => {
    const items: unknown[] = []
    for (let page = 1; page <= PAGES_MAX; page++) {
      const query = new URLSearchParams({ ...params, page: String(page), per_page: '50' })
      const answer = await askJson({ client, url: `${CLOUD_URL}/${what}?${query}`, signal })
      items.push(...listAt(answer, what))
      if (numberAt(answer, 'meta', 'pagination', 'next_page') === 0) break
    }
    return items
  }
  const { labelSelector, port } = config
  const servers = await all('servers', labelSelector ? { label_selector: labelSelector } : {})
  const networks = await all('networks', {})
  const nameOf = new Map(networks.map((one) => [at(one, 'id'), textAt(one, 'name')]))
  return servers.map((server) => {
    const privateLabels = listAt(server, 'private_net').flatMap((one) => {
      const name = nameOf.get(at(one, 'network'))
      return name === undefined
        ? []
        : [[`${CLOUD}private_ipv4_${sanitizeLabel(name)}`, textAt(one, 'ip')]]
    })
    const location = at(server, 'datacenter', 'location')
    const labels = pairsAt(server, 'labels')
    return {
      __address__: hostPort(textAt(server, 'public_net', 'ipv4', 'ip'), port),
      [`${PREFIX}role`]: 'hcloud',
      [`${PREFIX}server_id`]: textAt(server, 'id'),
      [`${PREFIX}server_name`]: textAt(server, 'name'),
      [`${PREFIX}datacenter`]: textAt(server, 'datacenter', 'name'),
      [`${PREFIX}public_ipv4`]: textAt(server, 'public_net', 'ipv4', 'ip'),
      [`${PREFIX}public_ipv6_network`]: textAt(server, 'public_net', 'ipv6', 'ip'),
      [`${PREFIX}server_status`]: textAt(server, 'status'),
      [`${CLOUD}datacenter_location`]: textAt(location, 'name'),
      [`${CLOUD}datacenter_location_network_zone`]: textAt(location, 'network_zone'),
      [`${CLOUD}server_type`]: textAt(server, 'server_type', 'name'),
      [`${CLOUD}cpu_cores`]: textAt(server, 'server_type', 'cores'),
      [`${CLOUD}cpu_type`]: textAt(server, 'server_type', 'cpu_type'),
      [`${CLOUD}memory_size_gb`]: String(Math.trunc(numberAt(server, 'server_type', 'memory'))),
      [`${CLOUD}disk_size_gb`]: textAt(server, 'server_type', 'disk'),
      ...imageLabels(at(server, 'image')),
      ...Object.fromEntries(privateLabels),
      ...presentUnder(`${CLOUD}labelpresent_`, labels),
      ...labelsUnder(`${CLOUD}label_`, labels),
    }
  })
}

function imageLabels(image: unknown): Target {
  if (entriesAt(image).length === 0) return {}
  return {
    [`${CLOUD}image_name`]: textAt(image, 'name'),
    [`${CLOUD}image_description`]: textAt(image, 'description'),
    [`${CLOUD}image_os_flavor`]: textAt(image, 'os_flavor'),
    [`${CLOUD}image_os_version`]: textAt(image, 'os_version'),
  }
}

async function findRobot(
  client: HttpClient,
  { port }: Config,
  signal: AbortSignal,
): Promise<Target[]> {
  const answer = await askJson({ client, url: `${ROBOT_URL}/server`, signal })
  return listAt(answer).map((item) => {
    const server = at(item, 'server')
    const ipv6 = listAt(server, 'subnet').find((subnet) => textAt(subnet, 'ip').includes(':'))
    return {
      __address__: hostPort(textAt(server, 'server_ip'), port),
      [`${PREFIX}role`]: 'robot',
      [`${PREFIX}server_id`]: textAt(server, 'server_number'),
      [`${PREFIX}server_name`]: textAt(server, 'server_name'),
      [`${PREFIX}datacenter`]: textAt(server, 'dc').toLowerCase(),
      [`${PREFIX}public_ipv4`]: textAt(server, 'server_ip'),
      [`${PREFIX}server_status`]: textAt(server, 'status'),
      [`${PREFIX}robot_product`]: textAt(server, 'product'),
      [`${PREFIX}robot_cancelled`]: String(at(server, 'cancelled') === true),
      ...(ipv6 !== undefined && {
        [`${PREFIX}public_ipv6_network`]: `${textAt(ipv6, 'ip')}/${textAt(ipv6, 'mask')}`,
      }),
    }
  })
}
