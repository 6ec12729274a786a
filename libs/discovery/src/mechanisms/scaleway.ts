import { type HttpClient, httpClientConfig } from '@prom/http'
import { quoteGo } from '@prom/model'
import {
  duration,
  field,
  type Infer,
  inline,
  int,
  list,
  path,
  secret,
  string,
  struct,
} from '@prom/yaml'
import { at, entriesAt, listAt, textAt, textsAt } from '../answer-fields.ts'
import { askJson, PAGES_MAX } from '../ask.ts'
import { type DiscoveryHost, defineMechanism } from '../mechanism.ts'
import { hostPort, joinAround } from '../meta-label.ts'
import { refreshed } from '../refresh.ts'
import { readSecretFile } from '../secret-file.ts'

const INSTANCE = '__meta_scaleway_instance_'
const BAREMETAL = '__meta_scaleway_baremetal_'
const PAGE_SIZE = 50
const ROLES = ['instance', 'baremetal']

export const scalewaySdConfig = struct(
  'scaleway.plain',
  {
    project: field('project_id', string, { isAlwaysPrinted: true }),
    apiUrl: field('api_url', string, {
      default: 'https://api.scaleway.com',
      isAlwaysPrinted: true,
    }),
    zone: field('zone', string, { default: 'fr-par-1', isAlwaysPrinted: true }),
    accessKey: field('access_key', string, { isAlwaysPrinted: true }),
    secretKey: field('secret_key', secret),
    secretKeyFile: field('secret_key_file', path),
    nameFilter: field('name_filter', string),
    tagsFilter: field('tags_filter', list(string)),
    http: inline(httpClientConfig),
    refreshInterval: field('refresh_interval', duration, { default: 60_000 }),
    port: field('port', int, { default: 80, isAlwaysPrinted: true }),
    role: field('role', string, { isAlwaysPrinted: true }),
  },
  {
    typeName: 'scaleway.SDConfig',
    check({ role, project, secretKey, secretKeyFile, accessKey }) {
      if (role === '') return 'role missing (one of: instance, baremetal)'
      if (!ROLES.includes(role)) return { text: `unknown role ${quoteGo(role)}`, key: 'role' }
      if (project === '') return 'project_id is mandatory'
      if (secretKey.value === '' && secretKeyFile === '') {
        return 'one of secret_key & secret_key_file must be configured'
      }
      if (secretKey.value !== '' && secretKeyFile !== '') {
        return 'at most one of secret_key & secret_key_file must be configured'
      }
      return accessKey === '' ? 'access_key is mandatory' : undefined
    },
  },
)
type Config = Infer<typeof scalewaySdConfig>
type Target = Record<string, string>

/** Lists a Scaleway project's instances or bare metal servers in one zone. */
export const scaleway = defineMechanism<Config>({
  name: 'scaleway',
  start(config, host) {
    const client = host.createClient(config.http)
    return refreshed({
      ...{ name: 'scaleway', host, intervalMs: config.refreshInterval },
      close: () => client.close(),
      async refresh(signal) {
        const api = await openApi(config, host, client, signal)
        const find = config.role === 'instance' ? findInstances : findBaremetal
        return [{ source: 'scaleway', targets: await find(api, config), labels: {} }]
      },
    })
  },
})

/** All items of a list, found in the answers under `key`. */
type List = (path: string, key: string, params?: URLSearchParams) => Promise<unknown[]>

async function openApi(
  config: Config,
  { files }: DiscoveryHost,
  client: HttpClient,
  signal: AbortSignal,
): Promise<List> {
  const { secretKey, secretKeyFile, zone, apiUrl } = config
  const token =
    secretKeyFile === '' ? secretKey.reveal() : await readSecretFile(files, secretKeyFile, signal)
  return async (what, key, params = new URLSearchParams()) => {
    const items: unknown[] = []
    for (let page = 1; page <= PAGES_MAX; page++) {
      const query = new URLSearchParams(params)
      query.set('page', String(page))
      query.set(what.startsWith('instance') ? 'per_page' : 'page_size', String(PAGE_SIZE))
      const url = `${apiUrl.replace(/\/$/, '')}/${what.replace('ZONE', zone)}?${query}`
      const headers = { 'X-Auth-Token': token }
      const found = listAt(await askJson({ client, url, headers, signal }), key)
      items.push(...found)
      if (found.length < PAGE_SIZE) break
    }
    return items
  }
}

function filtersOf({ nameFilter, tagsFilter }: Config, projectKey: string, project: string) {
  const params = new URLSearchParams({ [projectKey]: project })
  if (nameFilter !== '') params.set('name', nameFilter)
  if (tagsFilter.length > 0) params.set('tags', tagsFilter.join(','))
  return params
}

async function findInstances(list: List, config: Config): Promise<Target[]> {
  const params = filtersOf(config, 'project', config.project)
  const servers = await list('instance/v1/zones/ZONE/servers', 'servers', params)
  return servers.map((server) => instanceTarget(server, config.port))
}

function instanceTarget(server: unknown, port: number): Target {
  const zone = textAt(server, 'zone')
  const publicIps = listAt(server, 'public_ips')
  const family = (name: string) =>
    publicIps.filter((ip) => at(ip, 'family') === name).map((ip) => textAt(ip, 'address'))
  const v4 = family('inet')
  const v6 = family('inet6')
  const publicIpv4 = textAt(server, 'public_ip', 'address')
  const isV6 = publicIpv4.includes(':')
  const privateIp = textAt(server, 'private_ip')
  const oldIpv6 = textAt(server, 'ipv6', 'address')
  const labels: Target = {
    [`${INSTANCE}boot_type`]: textAt(server, 'boot_type'),
    [`${INSTANCE}hostname`]: textAt(server, 'hostname'),
    [`${INSTANCE}id`]: textAt(server, 'id'),
    [`${INSTANCE}name`]: textAt(server, 'name'),
    [`${INSTANCE}organization_id`]: textAt(server, 'organization'),
    [`${INSTANCE}project_id`]: textAt(server, 'project'),
    [`${INSTANCE}security_group_id`]: textAt(server, 'security_group', 'id'),
    [`${INSTANCE}security_group_name`]: textAt(server, 'security_group', 'name'),
    [`${INSTANCE}status`]: textAt(server, 'state'),
    [`${INSTANCE}type`]: textAt(server, 'commercial_type'),
    [`${INSTANCE}zone`]: zone,
    [`${INSTANCE}region`]: zone.replace(/-\d+$/, ''),
    [`${INSTANCE}tags`]: joinAround(textsAt(server, 'tags'), ','),
    [`${INSTANCE}public_ipv4_addresses`]: joinAround(v4, ','),
    [`${INSTANCE}public_ipv6_addresses`]: joinAround(v6, ','),
    [`${INSTANCE}private_ipv4`]: privateIp,
    [`${INSTANCE}public_ipv4`]: isV6 ? '' : publicIpv4,
    [`${INSTANCE}public_ipv6`]: oldIpv6 || (isV6 ? publicIpv4 : ''),
  }
  if (entriesAt(server, 'image').length > 0) {
    labels[`${INSTANCE}image_arch`] = textAt(server, 'image', 'arch')
    labels[`${INSTANCE}image_id`] = textAt(server, 'image', 'id')
    labels[`${INSTANCE}image_name`] = textAt(server, 'image', 'name')
  }
  for (const part of ['cluster_id', 'hypervisor_id', 'node_id']) {
    const value = textAt(server, 'location', part)
    if (value !== '') labels[`${INSTANCE}location_${part}`] = value
  }
  // The private address is where a server of the same network is reached; else a public one.
  const address = privateIp || publicIpv4 || oldIpv6
  return address === '' ? labels : { ...labels, __address__: hostPort(address, port) }
}

async function findBaremetal(list: List, config: Config): Promise<Target[]> {
  const params = filtersOf(config, 'project_id', config.project)
  const servers = await list('baremetal/v1/zones/ZONE/servers', 'servers', params)
  const offers = await list('baremetal/v1/zones/ZONE/offers', 'offers')
  const systems = await list('baremetal/v1/zones/ZONE/os', 'os')
  return servers.map((server) => {
    const offer = offers.find((one) => textAt(one, 'id') === textAt(server, 'offer_id'))
    const system = systems.find((one) => textAt(one, 'id') === textAt(server, 'install', 'os_id'))
    const ips = listAt(server, 'ips').map((ip) => textAt(ip, 'address'))
    // Compat: the last of each kind.
    const v4 = ips.filter((ip) => !ip.includes(':')).at(-1) ?? ''
    const v6 = ips.filter((ip) => ip.includes(':')).at(-1) ?? ''
    const address = v4 || v6
    return {
      ...(address !== '' && { __address__: hostPort(address, config.port) }),
      [`${BAREMETAL}id`]: textAt(server, 'id'),
      [`${BAREMETAL}name`]: textAt(server, 'name'),
      [`${BAREMETAL}project_id`]: textAt(server, 'project_id'),
      [`${BAREMETAL}status`]: textAt(server, 'status'),
      [`${BAREMETAL}type`]: textAt(offer, 'name'),
      [`${BAREMETAL}zone`]: textAt(server, 'zone'),
      [`${BAREMETAL}os_name`]: textAt(system, 'name'),
      [`${BAREMETAL}os_version`]: textAt(system, 'version'),
      [`${BAREMETAL}public_ipv4`]: v4,
      [`${BAREMETAL}public_ipv6`]: v6,
      [`${BAREMETAL}tags`]: joinAround(textsAt(server, 'tags'), ','),
    }
  })
}
