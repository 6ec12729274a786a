import { bool, duration, field, type Infer, string, struct } from '@prom/yaml'
import { at, entriesAt, listAt, numberAt, pairsAt, textAt, textsAt } from '../answer-fields.ts'
import { checkDockerHost, dockerFields, networkLabels, openDocker } from '../docker-api.ts'
import { defineMechanism } from '../mechanism.ts'
import { hostPort, labelsUnder } from '../meta-label.ts'
import { refreshed } from '../refresh.ts'

const PREFIX = '__meta_docker_'

const { http, host, port, filters } = dockerFields

export const dockerSdConfig = struct(
  'moby.plain',
  {
    ...{ http, host, port, filters },
    hostNetworkingHost: field('host_networking_host', string, {
      ...{ default: 'localhost', isAlwaysPrinted: true },
    }),
    refreshInterval: field('refresh_interval', duration, { default: 60_000 }),
    matchFirstNetwork: field('match_first_network', bool, { default: true, isAlwaysPrinted: true }),
  },
  { typeName: 'moby.DockerSDConfig', check: (config) => checkDockerHost(config.host) },
)
type Config = Infer<typeof dockerSdConfig>
type Target = Record<string, string>
type Networks = ReadonlyMap<string, Target>

/** Lists the containers of a Docker engine. */
export const docker = defineMechanism<Config>({
  name: 'docker',
  start(config, host) {
    const client = host.createClient(config.http)
    return refreshed({
      ...{ name: 'docker', host, intervalMs: config.refreshInterval },
      close: () => client.close(),
      async refresh(signal) {
        const api = openDocker(config.host, client, signal)
        const networks = await networkLabels(api, PREFIX)
        const containers = await api.list('/containers/json', config.filters)
        const byId = new Map(containers.map((one) => [textAt(one, 'Id'), one]))
        const targets = containers.flatMap((one) => targetsOf(one, byId, networks, config))
        return [{ source: 'Docker', targets, labels: {} }]
      },
    })
  },
})

function targetsOf(
  container: unknown,
  byId: ReadonlyMap<string, unknown>,
  networks: Networks,
  config: Config,
): Target[] {
  const [name] = textsAt(container, 'Names')
  if (name === undefined) return []
  const mode = textAt(container, 'HostConfig', 'NetworkMode')
  const common = {
    [`${PREFIX}container_id`]: textAt(container, 'Id'),
    [`${PREFIX}container_name`]: name,
    [`${PREFIX}container_network_mode`]: mode,
    ...labelsUnder(`${PREFIX}container_label_`, pairsAt(container, 'Labels')),
  }
  const ports = listAt(container, 'Ports').filter((port) => at(port, 'Type') === 'tcp')
  return attachedTo(container, byId, config).flatMap((network) => {
    const ip = textAt(network, 'IPAddress')
    const labels = {
      ...common,
      [`${PREFIX}network_ip`]: ip,
      ...networks.get(textAt(network, 'NetworkID')),
    }
    if (ports.length === 0) {
      const address = mode === 'host' ? config.hostNetworkingHost : hostPort(ip, config.port)
      return [{ ...labels, __address__: address }]
    }
    return ports.map((port) => ({
      ...labels,
      [`${PREFIX}port_private`]: textAt(port, 'PrivatePort'),
      ...(numberAt(port, 'PublicPort') > 0 && {
        [`${PREFIX}port_public`]: textAt(port, 'PublicPort'),
        [`${PREFIX}port_public_ip`]: textAt(port, 'IP'),
      }),
      __address__: hostPort(ip, textAt(port, 'PrivatePort')),
    }))
  })
}

/** The networks of a container, or of the one whose network it shares. */
function attachedTo(
  container: unknown,
  byId: ReadonlyMap<string, unknown>,
  { matchFirstNetwork }: Config,
): unknown[] {
  const seen = new Set<unknown>()
  let holder = container
  while (entriesAt(holder, 'NetworkSettings', 'Networks').length === 0 && !seen.has(holder)) {
    seen.add(holder)
    const shared = /^container:(.+)$/.exec(textAt(holder, 'HostConfig', 'NetworkMode'))
    const next = shared && byId.get(shared[1] as string)
    if (!next) break
    holder = next
  }
  const all = entriesAt(holder, 'NetworkSettings', 'Networks')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, network]) => network)
  return matchFirstNetwork ? all.slice(0, 1) : all
}
