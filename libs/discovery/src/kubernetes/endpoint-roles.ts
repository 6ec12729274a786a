/** The two roles that join addresses of a service with the pods behind them. */
import { at, entriesAt, listAt, numberAt, textAt, textsAt } from '../answer-fields.ts'
import { hostPort, labelsUnder, presentUnder } from '../meta-label.ts'
import type { TargetGroup } from '../target-group.ts'
import {
  containerLabels,
  containersOf,
  metadataOf,
  namespaceOf,
  PREFIX,
  podLabels,
  type Target,
} from './object-labels.ts'
import type { Neighbours } from './roles.ts'

/** One address with one port, as far as it is no matter of the pod behind it. */
interface Address {
  readonly labels: Target
  readonly port: unknown
  readonly targetRef: unknown
  readonly nodeName: string
}

export function fromEndpoints(
  endpoints: unknown,
  neighbours: Neighbours,
): Omit<TargetGroup, 'source'> {
  const own = `${PREFIX}endpoint_`
  const addresses: Address[] = []
  for (const subset of listAt(endpoints, 'subsets')) {
    for (const port of listAt(subset, 'ports')) {
      const add = (address: unknown, isReady: boolean) => {
        const targetRef = at(address, 'targetRef')
        const nodeName = textAt(address, 'nodeName')
        addresses.push({
          ...{ port, targetRef, nodeName },
          labels: {
            __address__: hostPort(textAt(address, 'ip'), textAt(port, 'port')),
            [`${own}port_name`]: textAt(port, 'name'),
            [`${own}port_protocol`]: textAt(port, 'protocol') || 'TCP',
            [`${own}ready`]: String(isReady),
            ...targetLabels(targetRef, own),
            [`${own}node_name`]: nodeName,
            [`${own}hostname`]: textAt(address, 'hostname'),
          },
        })
      }
      for (const address of listAt(subset, 'addresses')) add(address, true)
      for (const address of listAt(subset, 'notReadyAddresses')) add(address, false)
    }
  }
  const key = `${textAt(endpoints, 'metadata', 'namespace')}/${textAt(endpoints, 'metadata', 'name')}`
  return {
    labels: {
      ...namespaceOf(endpoints),
      ...metadataOf(endpoints, 'endpoints'),
      ...serviceLabels(neighbours.service(key)),
    },
    targets: withPods(addresses, neighbours),
  }
}

export function fromEndpointSlice(
  slice: unknown,
  neighbours: Neighbours,
): Omit<TargetGroup, 'source'> {
  const addresses: Address[] = []
  for (const port of listAt(slice, 'ports')) {
    for (const endpoint of listAt(slice, 'endpoints')) {
      for (const ip of textsAt(endpoint, 'addresses')) {
        addresses.push({
          ...{ port, targetRef: at(endpoint, 'targetRef') },
          nodeName: textAt(endpoint, 'nodeName'),
          labels: {
            __address__: hostPort(ip, textAt(port, 'port')),
            ...sliceLabels(endpoint, port),
          },
        })
      }
    }
  }
  const name = textAt(slice, 'metadata', 'labels', 'kubernetes.io/service-name')
  const key = `${textAt(slice, 'metadata', 'namespace')}/${name}`
  return {
    labels: {
      ...namespaceOf(slice),
      [`${PREFIX}endpointslice_address_type`]: textAt(slice, 'addressType'),
      ...metadataOf(slice, 'endpointslice'),
      ...serviceLabels(neighbours.service(key)),
    },
    targets: withPods(addresses, neighbours),
  }
}

function sliceLabels(endpoint: unknown, port: unknown): Target {
  const own = `${PREFIX}endpointslice_`
  const topology = Object.fromEntries(entriesAt(endpoint, 'deprecatedTopology')) as Target
  return {
    [`${own}port_name`]: textAt(port, 'name'),
    [`${own}port_protocol`]: textAt(port, 'protocol'),
    [`${own}port`]: textAt(port, 'port'),
    [`${own}port_app_protocol`]: textAt(port, 'appProtocol'),
    [`${own}endpoint_conditions_ready`]: textAt(endpoint, 'conditions', 'ready'),
    [`${own}endpoint_conditions_serving`]: textAt(endpoint, 'conditions', 'serving'),
    [`${own}endpoint_conditions_terminating`]: textAt(endpoint, 'conditions', 'terminating'),
    [`${own}endpoint_hostname`]: textAt(endpoint, 'hostname'),
    [`${own}endpoint_node_name`]: textAt(endpoint, 'nodeName'),
    [`${own}endpoint_zone`]: textAt(endpoint, 'zone'),
    ...targetLabels(at(endpoint, 'targetRef'), own),
    ...labelsUnder(`${own}endpoint_topology_`, topology),
    ...presentUnder(`${own}endpoint_topology_present_`, topology),
  }
}

function targetLabels(targetRef: unknown, prefix: string): Target {
  return {
    [`${prefix}address_target_kind`]: textAt(targetRef, 'kind'),
    [`${prefix}address_target_name`]: textAt(targetRef, 'name'),
  }
}

function serviceLabels(service: unknown): Target {
  return service === undefined ? {} : metadataOf(service, 'service')
}

/** Adds the labels of pods and nodes, and targets for ports of those pods that the service does not name. */
function withPods(addresses: readonly Address[], neighbours: Neighbours): Target[] {
  const seen = new Map<string, { readonly pod: unknown; readonly ports: Set<number> }>()
  const targets = addresses.map(({ labels, port, targetRef, nodeName }) => {
    const isNode = at(targetRef, 'kind') === 'Node'
    const node = neighbours.node(nodeName || (isNode ? textAt(targetRef, 'name') : ''))
    const target: Target = { ...labels, ...(node !== undefined && metadataOf(node, 'node')) }
    if (at(targetRef, 'kind') !== 'Pod') return target
    const key = `${textAt(targetRef, 'namespace')}/${textAt(targetRef, 'name')}`
    const pod = neighbours.pod(key)
    if (pod === undefined) return target
    const number = numberAt(port, 'port')
    const known = seen.get(key) ?? { pod, ports: new Set<number>() }
    seen.set(key, known)
    known.ports.add(number)
    Object.assign(target, podLabels(pod))
    for (const one of containersOf(pod)) {
      const match = listAt(one.container, 'ports').find(
        (own) => at(own, 'containerPort') === number,
      )
      if (match !== undefined) Object.assign(target, containerLabels(one, match))
    }
    return target
  })
  for (const { pod, ports } of seen.values()) {
    const ip = textAt(pod, 'status', 'podIP')
    if (ip === '') continue
    for (const one of containersOf(pod)) {
      for (const port of listAt(one.container, 'ports')) {
        if (ports.has(numberAt(port, 'containerPort'))) continue
        targets.push({
          __address__: hostPort(ip, textAt(port, 'containerPort')),
          ...containerLabels(one, port),
          ...podLabels(pod),
        })
      }
    }
  }
  return targets
}
