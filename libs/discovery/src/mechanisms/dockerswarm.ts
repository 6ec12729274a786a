import { quoteGo } from '@prom/model'
import { duration, field, type Infer, string, struct } from '@prom/yaml'
import { at, listAt, pairsAt, textAt, textsAt } from '../answer-fields.ts'
import {
  checkDockerHost,
  type DockerApi,
  dockerFields,
  hasEntries,
  networkLabels,
  openDocker,
} from '../docker-api.ts'
import { defineMechanism } from '../mechanism.ts'
import { hostPort, labelsUnder } from '../meta-label.ts'
import { refreshed } from '../refresh.ts'

const PREFIX = '__meta_dockerswarm_'
const ROLES = ['services', 'nodes', 'tasks']
const { http, host, port, filters } = dockerFields

export const dockerswarmSdConfig = struct(
  'moby.plain',
  {
    ...{ http, host, role: field('role', string, { isAlwaysPrinted: true }), port, filters },
    refreshInterval: field('refresh_interval', duration, { default: 60_000 }),
  },
  {
    typeName: 'moby.DockerSwarmSDConfig',
    check({ host, role }) {
      const problem = checkDockerHost(host)
      if (problem !== undefined) return problem
      if (role === '') return 'role missing (one of: tasks, services, nodes)'
      return ROLES.includes(role)
        ? undefined
        : `invalid role ${role}, expected tasks, services, or nodes`
    },
  },
)
type Config = Infer<typeof dockerswarmSdConfig>
type Target = Record<string, string>

/** Lists services, tasks or nodes of a Docker swarm. */
export const dockerswarm = defineMechanism<Config>({
  name: 'dockerswarm',
  start(config, host) {
    const client = host.createClient(config.http)
    const find = { services: findServices, nodes: findNodes, tasks: findTasks }[config.role]
    return refreshed({
      ...{ name: 'dockerswarm', host, intervalMs: config.refreshInterval },
      close: () => client.close(),
      async refresh(signal) {
        if (!find) throw new Error(`unexpected role ${quoteGo(config.role)}`)
        const targets = await find(openDocker(config.host, client, signal), config)
        return [{ source: 'DockerSwarm', targets, labels: {} }]
      },
    })
  },
})

const bare = (cidr: string) => cidr.replace(/\/\d+$/, '')
const isTcp = (port: unknown) => at(port, 'Protocol') === 'tcp'

async function findServices(api: DockerApi, config: Config): Promise<Target[]> {
  const services = await api.list('/services', config.filters)
  const networks = await networkLabels(api, PREFIX)
  return services.flatMap((service) => {
    const container = at(service, 'Spec', 'TaskTemplate', 'ContainerSpec')
    const common = {
      ...serviceLabels(service),
      [`${PREFIX}service_task_container_hostname`]: textAt(container, 'Hostname'),
      [`${PREFIX}service_task_container_image`]: textAt(container, 'Image'),
      [`${PREFIX}service_updating_status`]: textAt(service, 'UpdateStatus', 'State'),
    }
    const ports = listAt(service, 'Endpoint', 'Ports').filter(isTcp)
    return listAt(service, 'Endpoint', 'VirtualIPs').flatMap((virtual) => {
      const ip = bare(textAt(virtual, 'Addr'))
      const labels = { ...common, ...networks.get(textAt(virtual, 'NetworkID')) }
      if (ports.length === 0) return [{ ...labels, __address__: hostPort(ip, config.port) }]
      return ports.map((port) => ({
        ...labels,
        [`${PREFIX}service_endpoint_port_name`]: textAt(port, 'Name'),
        [`${PREFIX}service_endpoint_port_publish_mode`]: textAt(port, 'PublishMode'),
        __address__: hostPort(ip, textAt(port, 'PublishedPort') || '0'),
      }))
    })
  })
}

function serviceLabels(service: unknown): Target {
  const spec = at(service, 'Spec')
  const mode = ['Global', 'Replicated'].find((one) => at(spec, 'Mode', one) !== undefined) ?? ''
  return {
    [`${PREFIX}service_id`]: textAt(service, 'ID'),
    [`${PREFIX}service_name`]: textAt(spec, 'Name'),
    [`${PREFIX}service_mode`]: mode.toLowerCase(),
    ...labelsUnder(`${PREFIX}service_label_`, pairsAt(spec, 'Labels')),
  }
}

async function findNodes(api: DockerApi, config: Config): Promise<Target[]> {
  const nodes = await api.list('/nodes', config.filters)
  return nodes.map((node) => ({
    ...nodeLabels(node),
    __address__: hostPort(textAt(node, 'Status', 'Addr'), config.port),
  }))
}

function nodeLabels(node: unknown): Target {
  const description = at(node, 'Description')
  const manager = at(node, 'ManagerStatus')
  return {
    [`${PREFIX}node_id`]: textAt(node, 'ID'),
    [`${PREFIX}node_role`]: textAt(node, 'Spec', 'Role'),
    [`${PREFIX}node_availability`]: textAt(node, 'Spec', 'Availability'),
    [`${PREFIX}node_hostname`]: textAt(description, 'Hostname'),
    [`${PREFIX}node_platform_architecture`]: textAt(description, 'Platform', 'Architecture'),
    [`${PREFIX}node_platform_os`]: textAt(description, 'Platform', 'OS'),
    [`${PREFIX}node_engine_version`]: textAt(description, 'Engine', 'EngineVersion'),
    [`${PREFIX}node_status`]: textAt(node, 'Status', 'State'),
    [`${PREFIX}node_address`]: textAt(node, 'Status', 'Addr'),
    ...(hasEntries(manager) && {
      [`${PREFIX}node_manager_leader`]: String(at(manager, 'Leader') === true),
      [`${PREFIX}node_manager_reachability`]: textAt(manager, 'Reachability'),
      [`${PREFIX}node_manager_address`]: textAt(manager, 'Addr'),
    }),
    ...labelsUnder(`${PREFIX}node_label_`, pairsAt(node, 'Spec', 'Labels')),
  }
}

/** What a task shows of its node. */
function briefNodeLabels(node: unknown): Target {
  const isBrief = ([name]: [string, string]) => !/_node_(manager_|engine_version)/.test(name)
  return Object.fromEntries(Object.entries(nodeLabels(node)).filter(isBrief))
}

async function findTasks(api: DockerApi, config: Config): Promise<Target[]> {
  const tasks = await api.list('/tasks', config.filters)
  const services = new Map((await api.list('/services')).map((one) => [textAt(one, 'ID'), one]))
  const nodes = new Map((await api.list('/nodes')).map((one) => [textAt(one, 'ID'), one]))
  const networks = await networkLabels(api, PREFIX)
  return tasks.flatMap((task) => {
    const service = services.get(textAt(task, 'ServiceID'))
    const node = nodes.get(textAt(task, 'NodeID'))
    const common = {
      [`${PREFIX}task_id`]: textAt(task, 'ID'),
      [`${PREFIX}task_desired_state`]: textAt(task, 'DesiredState'),
      [`${PREFIX}task_state`]: textAt(task, 'Status', 'State'),
      [`${PREFIX}task_slot`]: textAt(task, 'Slot') || '0',
      [`${PREFIX}task_container_id`]: textAt(task, 'Status', 'ContainerStatus', 'ContainerID'),
      ...labelsUnder(`${PREFIX}container_label_`, pairsAt(task, 'Spec', 'ContainerSpec', 'Labels')),
      ...(service !== undefined && serviceLabels(service)),
      ...(node !== undefined && briefNodeLabels(node)),
    }
    const published = (port: unknown) => ({
      [`${PREFIX}task_port_publish_mode`]: textAt(port, 'PublishMode'),
    })
    const onNode = listAt(task, 'Status', 'PortStatus', 'Ports')
      .filter(isTcp)
      .map((port) => ({
        ...common,
        ...published(port),
        __address__: hostPort(textAt(node, 'Status', 'Addr'), textAt(port, 'PublishedPort') || '0'),
      }))
    const ports = listAt(service, 'Endpoint', 'Ports').filter(isTcp)
    const attached = listAt(task, 'NetworksAttachments').flatMap((network) =>
      textsAt(network, 'Addresses').flatMap((address) => {
        const labels = { ...common, ...networks.get(textAt(network, 'Network', 'ID')) }
        const ip = bare(address)
        if (ports.length === 0) return [{ ...labels, __address__: hostPort(ip, config.port) }]
        return ports.map((port) => ({
          ...labels,
          ...published(port),
          __address__: hostPort(ip, textAt(port, 'PublishedPort') || '0'),
        }))
      }),
    )
    return [...onNode, ...attached]
  })
}
