import { type Discovery, type DiscoveryHost, defineMechanism } from '../mechanism.ts'
import { refreshed } from '../refresh.ts'
import type { TargetGroup } from '../target-group.ts'
import type { DnsSdConfig } from './dns-config.ts'

/** Asks DNS for SRV, A, AAAA, MX or NS records; one group per name. */
export const dns = defineMechanism<DnsSdConfig>({ name: 'dns', start })

function start(config: DnsSdConfig, host: DiscoveryHost): Discovery {
  const known = new Map<string, TargetGroup>()
  return refreshed({
    ...{ name: 'dns', host },
    intervalMs: config.refreshInterval,
    // A name that cannot be asked keeps what it had; the others go on.
    refresh: async () => {
      await Promise.all(
        config.names.map(async (name) => {
          host.metrics.dnsLookups.inc()
          try {
            known.set(name, { source: name, targets: await lookUp(name, config, host), labels: {} })
          } catch (err) {
            host.metrics.dnsFailures.inc()
            const fields = { discovery: 'dns', name, err: (err as Error).message }
            host.log.error('Error refreshing DNS targets', fields)
          }
        }),
      )
      return [...known.values()]
    },
  })
}

type Targets = TargetGroup['targets'][number][]

async function lookUp(name: string, config: DnsSdConfig, host: DiscoveryHost): Promise<Targets> {
  const { resolver } = host
  const { port } = config
  const target = (address: string, labels: Record<string, string> = {}) => ({
    __address__: address,
    __meta_dns_name: name,
    __meta_dns_srv_record_target: '',
    __meta_dns_srv_record_port: '',
    __meta_dns_mx_record_target: '',
    __meta_dns_ns_record_target: '',
    ...labels,
  })
  switch (config.type.toUpperCase()) {
    case 'A':
      return (await resolver.a(name)).map((ip) => target(`${ip}:${port}`))
    case 'AAAA':
      return (await resolver.aaaa(name)).map((ip) => target(`[${ip}]:${port}`))
    case 'MX':
      return (await resolver.mx(name)).map((found) =>
        target(`${bare(found)}:${port}`, { __meta_dns_mx_record_target: dotted(found) }),
      )
    case 'NS':
      return (await resolver.ns(name)).map((found) =>
        target(`${bare(found)}:${port}`, { __meta_dns_ns_record_target: dotted(found) }),
      )
    default:
      return (await resolver.srv(name)).map((found) =>
        target(`${bare(found.name)}:${found.port}`, {
          __meta_dns_srv_record_target: dotted(found.name),
          __meta_dns_srv_record_port: String(found.port),
        }),
      )
  }
}

const bare = (name: string) => name.replace(/\.+$/, '')
const dotted = (name: string) => `${bare(name)}.`
