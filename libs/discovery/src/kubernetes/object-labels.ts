/** Labels of objects, the same in every role. */
import { at, listAt, pairsAt, textAt } from '../answer-fields.ts'
import { labelsUnder, presentUnder } from '../meta-label.ts'

export const PREFIX = '__meta_kubernetes_'
export type Target = Record<string, string>

/** Labels and annotations of an object, named after `kind`. */
export function annotationsOf(object: unknown, kind: string): Target {
  const labels = pairsAt(object, 'metadata', 'labels')
  const annotations = pairsAt(object, 'metadata', 'annotations')
  const prefix = PREFIX + kind
  return {
    ...labelsUnder(`${prefix}_label_`, labels),
    ...presentUnder(`${prefix}_labelpresent_`, labels),
    ...labelsUnder(`${prefix}_annotation_`, annotations),
    ...presentUnder(`${prefix}_annotationpresent_`, annotations),
  }
}

export function metadataOf(object: unknown, kind: string): Target {
  return {
    [`${PREFIX}${kind}_name`]: textAt(object, 'metadata', 'name'),
    ...annotationsOf(object, kind),
  }
}

export function namespaceOf(object: unknown): Target {
  return { [`${PREFIX}namespace`]: textAt(object, 'metadata', 'namespace') }
}

export function podLabels(pod: unknown): Target {
  const ready = listAt(pod, 'status', 'conditions').find((one) => at(one, 'type') === 'Ready')
  const controller = listAt(pod, 'metadata', 'ownerReferences').find(
    (one) => at(one, 'controller') === true,
  )
  return {
    [`${PREFIX}pod_ip`]: textAt(pod, 'status', 'podIP'),
    [`${PREFIX}pod_ready`]: (textAt(ready, 'status') || 'unknown').toLowerCase(),
    [`${PREFIX}pod_phase`]: textAt(pod, 'status', 'phase'),
    [`${PREFIX}pod_node_name`]: textAt(pod, 'spec', 'nodeName'),
    [`${PREFIX}pod_host_ip`]: textAt(pod, 'status', 'hostIP'),
    [`${PREFIX}pod_uid`]: textAt(pod, 'metadata', 'uid'),
    ...metadataOf(pod, 'pod'),
    ...(controller !== undefined && {
      [`${PREFIX}pod_controller_kind`]: textAt(controller, 'kind'),
      [`${PREFIX}pod_controller_name`]: textAt(controller, 'name'),
    }),
  }
}

export interface PodContainer {
  readonly container: unknown
  readonly isInit: boolean
}

export function containersOf(pod: unknown): PodContainer[] {
  return [
    ...listAt(pod, 'spec', 'containers').map((container) => ({ container, isInit: false })),
    ...listAt(pod, 'spec', 'initContainers').map((container) => ({ container, isInit: true })),
  ]
}

/** Labels of a container and, if there is one, a port of it. */
export function containerLabels({ container, isInit }: PodContainer, port?: unknown): Target {
  const prefix = `${PREFIX}pod_container_`
  return {
    [`${prefix}name`]: textAt(container, 'name'),
    [`${prefix}image`]: textAt(container, 'image'),
    [`${prefix}init`]: String(isInit),
    ...(port !== undefined && {
      [`${prefix}port_name`]: textAt(port, 'name'),
      [`${prefix}port_number`]: textAt(port, 'containerPort'),
      [`${prefix}port_protocol`]: textAt(port, 'protocol') || 'TCP',
    }),
  }
}
