import { duration, field, type Infer, int, list, string, struct } from '@prom/yaml'

const TYPES = new Set(['SRV', 'A', 'AAAA', 'MX', 'NS'])

export const dnsSdConfig = struct(
  'dns.plain',
  {
    names: field('names', list(string), { isAlwaysPrinted: true }),
    refreshInterval: field('refresh_interval', duration, { default: 30_000 }),
    /** As written; any letter case. */
    type: field('type', string, { default: 'SRV', isAlwaysPrinted: true }),
    port: field('port', int, { isAlwaysPrinted: true }),
  },
  {
    typeName: 'dns.SDConfig',
    check({ names, type, port }) {
      if (names.length === 0) return 'DNS-SD config must contain at least one SRV record name'
      const upper = type.toUpperCase()
      if (!TYPES.has(upper)) return { text: `invalid DNS-SD records type ${type}`, key: 'type' }
      if (upper !== 'SRV' && port === 0) {
        return 'a port is required in DNS-SD configs for all record types except SRV'
      }
      return undefined
    },
  },
)

export type DnsSdConfig = Infer<typeof dnsSdConfig>
