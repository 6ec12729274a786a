import { httpClientConfig } from '@prom/http'
import { duration, field, type Infer, inline, int, string, struct } from '@prom/yaml'
import { at, listAt, numberAt, textAt, textsAt } from '../answer-fields.ts'
import { askJson, PAGES_MAX } from '../ask.ts'
import { defineMechanism } from '../mechanism.ts'
import { hostPort, joinAround } from '../meta-label.ts'
import { refreshed } from '../refresh.ts'

const API_URL = 'https://api.linode.com/v4'
const PREFIX = '__meta_linode_'
const MIB = 1 << 20

export const linodeSdConfig = struct(
  'linode.plain',
  {
    http: inline(httpClientConfig),
    refreshInterval: field('refresh_interval', duration, { default: 60_000 }),
    port: field('port', int, { default: 80, isAlwaysPrinted: true }),
    tagSeparator: field('tag_separator', string, { default: ',' }),
    region: field('region', string),
  },
  { typeName: 'linode.SDConfig' },
)
type Config = Infer<typeof linodeSdConfig>

interface Network {
  /** Details of addresses, by address. */
  readonly addresses: ReadonlyMap<string, unknown>
  /** Ranges routed to an address. */
  readonly ranges: ReadonlyMap<string, readonly string[]>
}

/** Lists the instances of a Linode account. */
export const linode = defineMechanism<Config>({
  name: 'linode',
  start(config, host) {
    const client = host.createClient(config.http)
    const all = async (path: string, signal: AbortSignal): Promise<unknown[]> => {
      const items: unknown[] = []
      const filter = config.region && { 'X-Filter': JSON.stringify({ region: config.region }) }
      for (let page = 1; page <= PAGES_MAX; page++) {
        const url = `${API_URL}/${path}?page=${page}&page_size=500`
        const answer = await askJson({ client, url, signal, ...(filter && { headers: filter }) })
        items.push(...listAt(answer, 'data'))
        if (page >= numberAt(answer, 'pages')) break
      }
      return items
    }
    return refreshed({
      ...{ name: 'linode', host, intervalMs: config.refreshInterval },
      failed: () => host.metrics.linodeFailures.inc(),
      close: () => client.close(),
      async refresh(signal) {
        const instances = await all('linode/instances', signal)
        const network = toNetwork(
          await all('networking/ips', signal),
          await all('networking/ipv6/ranges', signal),
        )
        const targets = instances
          .filter((instance) => listAt(instance, 'ipv4').length > 0)
          .map((instance) => target(instance, network, config))
        return [{ source: 'Linode', targets, labels: {} }]
      },
    })
  },
})

function toNetwork(addresses: readonly unknown[], routed: readonly unknown[]): Network {
  const ranges = new Map<string, string[]>()
  for (const range of routed) {
    const to = textAt(range, 'route_target')
    const text = `${textAt(range, 'range')}/${textAt(range, 'prefix')}`
    ranges.set(to, [...(ranges.get(to) ?? []), text])
  }
  return { addresses: new Map(addresses.map((one) => [textAt(one, 'address'), one])), ranges }
}

function target(
  instance: unknown,
  { addresses, ranges }: Network,
  { port, tagSeparator }: Config,
): Record<string, string> {
  const found = { private: '', privateName: '', public: '', publicName: '' }
  const extra: string[] = []
  for (const ip of textsAt(instance, 'ipv4')) {
    const detail = addresses.get(ip)
    if (detail === undefined) continue
    const name = nameOf(detail)
    if (at(detail, 'public') === true && found.public === '') {
      Object.assign(found, { public: ip, publicName: name })
    } else if (at(detail, 'public') !== true && found.private === '') {
      Object.assign(found, { private: ip, privateName: name })
    } else extra.push(ip)
  }
  const slaac = textAt(instance, 'ipv6').split('/')[0] as string
  const specs = at(instance, 'specs')
  const isBackedUp = at(instance, 'backups', 'enabled') === true
  const ipv6 = slaac === '' ? undefined : addresses.get(slaac)
  return {
    __address__: hostPort(found.public, port),
    [`${PREFIX}instance_id`]: textAt(instance, 'id'),
    [`${PREFIX}instance_label`]: textAt(instance, 'label'),
    [`${PREFIX}image`]: textAt(instance, 'image'),
    [`${PREFIX}private_ipv4`]: found.private,
    [`${PREFIX}public_ipv4`]: found.public,
    [`${PREFIX}public_ipv6`]: ipv6 === undefined ? '' : slaac,
    [`${PREFIX}private_ipv4_rdns`]: found.privateName,
    [`${PREFIX}public_ipv4_rdns`]: found.publicName,
    [`${PREFIX}public_ipv6_rdns`]: ipv6 === undefined ? '' : nameOf(ipv6),
    [`${PREFIX}region`]: textAt(instance, 'region'),
    [`${PREFIX}type`]: textAt(instance, 'type'),
    [`${PREFIX}status`]: textAt(instance, 'status'),
    [`${PREFIX}group`]: textAt(instance, 'group'),
    [`${PREFIX}gpus`]: String(numberAt(specs, 'gpus')),
    [`${PREFIX}hypervisor`]: textAt(instance, 'hypervisor'),
    [`${PREFIX}backups`]: isBackedUp ? 'enabled' : 'disabled',
    [`${PREFIX}specs_disk_bytes`]: String(numberAt(specs, 'disk') * MIB),
    [`${PREFIX}specs_memory_bytes`]: String(numberAt(specs, 'memory') * MIB),
    [`${PREFIX}specs_vcpus`]: String(numberAt(specs, 'vcpus')),
    [`${PREFIX}specs_transfer_bytes`]: String(numberAt(specs, 'transfer') * MIB),
    [`${PREFIX}tags`]: joinAround(textsAt(instance, 'tags'), tagSeparator),
    [`${PREFIX}extra_ips`]: joinAround(extra, tagSeparator),
    [`${PREFIX}ipv6_ranges`]: joinAround(
      slaac === '' ? [] : (ranges.get(slaac) ?? []),
      tagSeparator,
    ),
  }
}

function nameOf(address: unknown): string {
  const name = textAt(address, 'rdns')
  return name === 'null' ? '' : name
}
