import { httpClientConfig, tlsConfig } from '@prom/http'
import { duration, field, type Infer, int, list, string, struct } from '@prom/yaml'
import { listAt, textAt, textsAt } from '../answer-fields.ts'
import { askJson } from '../ask.ts'
import { defineMechanism } from '../mechanism.ts'
import { joinAround } from '../meta-label.ts'
import { refreshed } from '../refresh.ts'

const PREFIX = '__meta_triton_'

export const tritonSdConfig = struct(
  'triton.plain',
  {
    account: field('account', string, { isAlwaysPrinted: true }),
    role: field('role', string, { default: 'container', isAlwaysPrinted: true }),
    dnsSuffix: field('dns_suffix', string, { isAlwaysPrinted: true }),
    endpoint: field('endpoint', string, { isAlwaysPrinted: true }),
    groups: field('groups', list(string)),
    port: field('port', int, { default: 9163, isAlwaysPrinted: true }),
    refreshInterval: field('refresh_interval', duration, { default: 60_000 }),
    tls: field('tls_config', tlsConfig),
    version: field('version', int, { default: 1, isAlwaysPrinted: true }),
  },
  {
    typeName: 'triton.SDConfig',
    check({ role, account, dnsSuffix, endpoint, refreshInterval }) {
      if (role !== 'container' && role !== 'cn') {
        return "triton SD configuration requires role to be 'container' or 'cn'"
      }
      if (account === '') return 'triton SD configuration requires an account'
      if (dnsSuffix === '') return 'triton SD configuration requires a dns_suffix'
      if (endpoint === '') return 'triton SD configuration requires an endpoint'
      return refreshInterval <= 0
        ? 'triton SD configuration requires RefreshInterval to be a positive integer'
        : undefined
    },
  },
)
type Config = Infer<typeof tritonSdConfig>

/** Asks a Triton Container Monitor for the containers or compute nodes of an account. */
export const triton = defineMechanism<Config>({
  name: 'triton',
  start(config, host) {
    const client = host.createClient({ ...httpClientConfig.create(), tls: config.tls })
    const { endpoint, port, version, role, groups } = config
    const path = role === 'cn' ? 'gz/discover' : 'discover'
    const query = groups.length > 0 ? `?groups=${encodeURIComponent(groups.join(','))}` : ''
    const url = `https://${endpoint}:${port}/v${version}/${path}${query}`
    return refreshed({
      ...{ name: 'triton', host, intervalMs: config.refreshInterval },
      close: () => client.close(),
      async refresh(signal) {
        const answer = await askJson({ client, url, signal })
        const targets =
          role === 'cn'
            ? listAt(answer, 'cns').map((node) => nodeTarget(node, config))
            : listAt(answer, 'containers').map((one) => containerTarget(one, config))
        return [{ source: url, targets, labels: {} }]
      },
    })
  },
})

function nodeTarget(node: unknown, { dnsSuffix, port }: Config): Record<string, string> {
  return {
    __address__: `${textAt(node, 'server_uuid')}.${dnsSuffix}:${port}`,
    [`${PREFIX}machine_alias`]: textAt(node, 'server_hostname'),
    [`${PREFIX}machine_id`]: textAt(node, 'server_uuid'),
  }
}

function containerTarget(container: unknown, { dnsSuffix, port }: Config): Record<string, string> {
  return {
    __address__: `${textAt(container, 'vm_uuid')}.${dnsSuffix}:${port}`,
    [`${PREFIX}groups`]: joinAround(textsAt(container, 'groups'), ','),
    [`${PREFIX}machine_alias`]: textAt(container, 'vm_alias'),
    [`${PREFIX}machine_brand`]: textAt(container, 'vm_brand'),
    [`${PREFIX}machine_id`]: textAt(container, 'vm_uuid'),
    [`${PREFIX}machine_image`]: textAt(container, 'vm_image_uuid'),
    [`${PREFIX}server_id`]: textAt(container, 'server_uuid'),
  }
}
