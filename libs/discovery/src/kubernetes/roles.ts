/** What each role makes of its objects. One line per role in the table at the end. */
import { at, listAt, textAt, textsAt } from '../answer-fields.ts'
import type { KubernetesRole } from '../mechanisms/kubernetes-config.ts'
import { hostPort, sanitizeLabel } from '../meta-label.ts'
import type { TargetGroup } from '../target-group.ts'
import { fromEndpointSlice, fromEndpoints } from './endpoint-roles.ts'
import {
  containerLabels,
  containersOf,
  metadataOf,
  namespaceOf,
  PREFIX,
  podLabels,
  type Target,
} from './object-labels.ts'

/** Other objects, by their keys; undefined for those that are not there or not watched. */
export interface Neighbours {
  pod(key: string): unknown
  service(key: string): unknown
  /** Only when the node's labels are to be attached. */
  node(name: string): unknown
}

export type MakeGroup = (object: unknown, neighbours: Neighbours) => Omit<TargetGroup, 'source'>

const ADDRESS_TYPES = [
  ...['InternalIP', 'InternalDNS', 'ExternalIP', 'ExternalDNS', 'LegacyHostIP', 'Hostname'],
]

function fromNode(node: unknown): Omit<TargetGroup, 'source'> {
  const name = textAt(node, 'metadata', 'name')
  const labels = {
    [`${PREFIX}node_provider_id`]: textAt(node, 'spec', 'providerID'),
    ...metadataOf(node, 'node'),
  }
  const addresses = new Map<string, string>()
  for (const one of listAt(node, 'status', 'addresses')) {
    const type = textAt(one, 'type')
    if (!addresses.has(type)) addresses.set(type, textAt(one, 'address'))
  }
  const best = ADDRESS_TYPES.find((type) => addresses.has(type))
  if (best === undefined) return { labels, targets: [] }
  const port = textAt(node, 'status', 'daemonEndpoints', 'kubeletEndpoint', 'Port') || '0'
  const target: Target = {
    __address__: hostPort(addresses.get(best) as string, port),
    instance: name,
  }
  for (const [type, address] of addresses) {
    target[`${PREFIX}node_address_${sanitizeLabel(type)}`] = address
  }
  return { labels, targets: [target] }
}

function fromService(service: unknown): Omit<TargetGroup, 'source'> {
  const spec = at(service, 'spec')
  const type = textAt(spec, 'type')
  const name = `${textAt(service, 'metadata', 'name')}.${textAt(service, 'metadata', 'namespace')}.svc`
  const common: Target = {
    [`${PREFIX}service_type`]: type,
    ...(type === 'ExternalName'
      ? { [`${PREFIX}service_external_name`]: textAt(spec, 'externalName') }
      : { [`${PREFIX}service_cluster_ip`]: textAt(spec, 'clusterIP') }),
    ...(type === 'LoadBalancer' && {
      [`${PREFIX}service_loadbalancer_ip`]: textAt(spec, 'loadBalancerIP'),
    }),
  }
  const targets = listAt(spec, 'ports').map((port) => ({
    ...common,
    __address__: hostPort(name, textAt(port, 'port')),
    [`${PREFIX}service_port_name`]: textAt(port, 'name'),
    [`${PREFIX}service_port_number`]: textAt(port, 'port'),
    [`${PREFIX}service_port_protocol`]: textAt(port, 'protocol') || 'TCP',
  }))
  return { labels: { ...namespaceOf(service), ...metadataOf(service, 'service') }, targets }
}

function fromPod(pod: unknown, neighbours: Neighbours): Omit<TargetGroup, 'source'> {
  const ip = textAt(pod, 'status', 'podIP')
  const node = neighbours.node(textAt(pod, 'spec', 'nodeName'))
  const labels = {
    ...namespaceOf(pod),
    ...podLabels(pod),
    ...(node !== undefined && metadataOf(node, 'node')),
  }
  // One that is starting, or was evicted.
  if (ip === '') return { labels, targets: [] }
  const statuses = [
    ...listAt(pod, 'status', 'containerStatuses'),
    ...listAt(pod, 'status', 'initContainerStatuses'),
  ]
  const targets = containersOf(pod).flatMap((one) => {
    const name = textAt(one.container, 'name')
    const status = statuses.find((status) => at(status, 'name') === name)
    const id = { [`${PREFIX}pod_container_id`]: textAt(status, 'containerID') }
    const ports = listAt(one.container, 'ports')
    if (ports.length === 0) return [{ __address__: ip, ...id, ...containerLabels(one) }]
    return ports.map((port) => ({
      __address__: hostPort(ip, textAt(port, 'containerPort')),
      ...id,
      ...containerLabels(one, port),
    }))
  })
  return { labels, targets }
}

function fromIngress(ingress: unknown): Omit<TargetGroup, 'source'> {
  const secured = listAt(ingress, 'spec', 'tls').flatMap((tls) => textsAt(tls, 'hosts'))
  const targets = listAt(ingress, 'spec', 'rules').flatMap((rule) => {
    const host = textAt(rule, 'host')
    const scheme = secured.some((pattern) => matchesHost(pattern, host)) ? 'https' : 'http'
    const paths = listAt(rule, 'http', 'paths').map((one) => textAt(one, 'path') || '/')
    return (paths.length > 0 ? paths : ['/']).map((path) => ({
      __address__: host,
      [`${PREFIX}ingress_scheme`]: scheme,
      [`${PREFIX}ingress_host`]: host,
      [`${PREFIX}ingress_path`]: path,
    }))
  })
  const labels = {
    ...namespaceOf(ingress),
    ...metadataOf(ingress, 'ingress'),
    [`${PREFIX}ingress_class_name`]: textAt(ingress, 'spec', 'ingressClassName'),
  }
  return { labels, targets }
}

/** `*.example.org` stands for exactly one more part. */
function matchesHost(pattern: string, host: string): boolean {
  if (pattern === host) return true
  return (
    pattern.startsWith('*.') &&
    host.includes('.') &&
    host.slice(host.indexOf('.')) === pattern.slice(1)
  )
}

/** Where a role's objects are, how groups of them are named, and what else has to be watched. */
export const ROLES: Readonly<
  Record<
    KubernetesRole,
    {
      readonly path: string
      readonly resource: string
      readonly source: string
      readonly needs: readonly ('pod' | 'service')[]
      readonly make: MakeGroup
    }
  >
> = {
  node: { path: '/api/v1', resource: 'nodes', source: 'node', needs: [], make: fromNode },
  pod: { path: '/api/v1', resource: 'pods', source: 'pod', needs: [], make: fromPod },
  service: { path: '/api/v1', resource: 'services', source: 'svc', needs: [], make: fromService },
  endpoints: {
    ...{ path: '/api/v1', resource: 'endpoints', source: 'endpoints' },
    ...{ needs: ['service', 'pod'], make: fromEndpoints },
  },
  endpointslice: {
    ...{ path: '/apis/discovery.k8s.io/v1', resource: 'endpointslices', source: 'endpointslice' },
    ...{ needs: ['service', 'pod'], make: fromEndpointSlice },
  },
  ingress: {
    ...{ path: '/apis/networking.k8s.io/v1', resource: 'ingresses', source: 'ingress' },
    ...{ needs: [], make: fromIngress },
  },
}
