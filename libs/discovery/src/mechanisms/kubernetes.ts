import { textAt } from '../answer-fields.ts'
import { type Connection, openKubernetes, ownNamespace } from '../kubernetes/connection.ts'
import { keyOf, ObjectCache } from '../kubernetes/object-cache.ts'
import { annotationsOf } from '../kubernetes/object-labels.ts'
import { type Neighbours, ROLES } from '../kubernetes/roles.ts'
import { WorkQueue } from '../kubernetes/work-queue.ts'
import { type Discovery, type DiscoveryHost, defineMechanism } from '../mechanism.ts'
import type { TargetGroup } from '../target-group.ts'
import type { KubernetesRole, KubernetesSdConfig } from './kubernetes-config.ts'

const RETRY_MS = 15_000
/** Changes come in bursts; what they mean is worked out this long after the first. */
const SETTLE_MS = 200

/** Watches nodes, pods, services, endpoints, endpoint slices or ingresses of a Kubernetes cluster. */
export const kubernetes = defineMechanism<KubernetesSdConfig>({
  name: 'kubernetes',
  start: (config, host) => new KubernetesDiscovery(config, host),
})

class KubernetesDiscovery implements Discovery {
  readonly #config: KubernetesSdConfig
  readonly #host: DiscoveryHost

  constructor(config: KubernetesSdConfig, host: DiscoveryHost) {
    this.#config = config
    this.#host = host
  }

  async run(signal: AbortSignal, publish: (groups: readonly TargetGroup[]) => void): Promise<void> {
    const { clock, log } = this.#host
    while (!signal.aborted) {
      let connection: Connection
      let namespaces: readonly string[]
      try {
        connection = await openKubernetes(this.#config, this.#host, signal)
        namespaces = await this.#namespaces(signal)
      } catch (err) {
        if (signal.aborted) return
        this.#host.metrics.kubernetesFailures.inc()
        log.error('Cannot reach Kubernetes', { err: (err as Error).message })
        await clock.sleep(RETRY_MS, signal)
        continue
      }
      await new Watch(this.#config, this.#host, connection, namespaces).run(signal, publish)
      await connection.client.close()
    }
  }

  /** One that is empty stands for all of them. */
  async #namespaces(signal: AbortSignal): Promise<readonly string[]> {
    const { role, namespaces } = this.#config
    if (role === 'node') return ['']
    const names = [...(namespaces?.names ?? [])]
    if (namespaces?.ownNamespace) names.push(await ownNamespace(this.#host, signal))
    return names.length > 0 ? [...new Set(names)] : ['']
  }
}

type Kind = KubernetesRole | 'namespace'

/** All that is watched for one role. */
class Watch {
  readonly #role: KubernetesRole
  readonly #host: DiscoveryHost
  readonly #caches: { readonly kind: Kind; readonly cache: ObjectCache }[] = []
  readonly #groups = new Map<string, TargetGroup>()
  /** Objects of the role that changed since they were last worked out. */
  readonly #changed: WorkQueue
  #isAllChanged = true
  #wake = () => {}

  constructor(
    config: KubernetesSdConfig,
    host: DiscoveryHost,
    connection: Connection,
    namespaces: readonly string[],
  ) {
    const { role, selectors, attachMetadata } = config
    this.#role = role
    this.#host = host
    this.#changed = new WorkQueue(role, host.metrics.kubernetesQueues, host.clock)
    const add = (kind: Kind, namespace: string) => {
      const { path, resource } =
        kind === 'namespace' ? { path: '/api/v1', resource: 'namespaces' } : ROLES[kind]
      const within = namespace === '' ? '' : `/namespaces/${encodeURIComponent(namespace)}`
      const found = selectors.find((one) => one.role === kind)
      const isRole = kind === role
      const cache = new ObjectCache(
        {
          path: `${path}${within}/${resource}`,
          selectors: {
            ...(found?.label && { labelSelector: found.label }),
            ...(found?.field && { fieldSelector: found.field }),
          },
          role: kind === 'namespace' || (kind === 'node' && !isRole) ? undefined : kind,
        },
        {
          ...{ connection, host },
          onChange: (key) => {
            if (isRole) this.#changed.add(key)
            else this.#isAllChanged = true
            this.#wake()
          },
        },
      )
      this.#caches.push({ kind, cache })
    }
    for (const namespace of namespaces) {
      for (const kind of [role, ...ROLES[role].needs]) add(kind, namespace)
    }
    const canAttachNode = ['pod', 'endpoints', 'endpointslice'].includes(role)
    if (attachMetadata?.node && canAttachNode) add('node', '')
    if (attachMetadata?.namespace && role !== 'node') add('namespace', '')
  }

  async run(signal: AbortSignal, publish: (groups: readonly TargetGroup[]) => void): Promise<void> {
    const { clock } = this.#host
    const running = this.#caches.map(({ cache }) => cache.run(signal, () => this.#wake()))
    while (!signal.aborted) {
      const isDirty = this.#isAllChanged || this.#changed.size > 0
      if (isDirty && this.#caches.every(({ cache }) => cache.isSynced)) {
        this.#changed.take((keys) => this.#workOut(keys))
        publish([...this.#groups.values()])
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
      this.#wake = () => {}
      await clock.sleep(SETTLE_MS, signal)
    }
    await Promise.all(running)
  }

  #workOut(keys: readonly string[]): void {
    if (this.#isAllChanged) {
      this.#isAllChanged = false
      this.#groups.clear()
      for (const { kind, cache } of this.#caches) {
        if (kind !== this.#role) continue
        for (const [key, object] of cache.entries()) this.#groups.set(key, this.#group(object))
      }
      return
    }
    for (const key of keys) {
      const object = this.#find(this.#role, key)
      if (object === undefined) this.#groups.delete(key)
      else this.#groups.set(key, this.#group(object))
    }
  }

  #group(object: unknown): TargetGroup {
    const { source, make } = ROLES[this.#role]
    const made = make(object, this.#neighbours)
    const namespace = this.#find('namespace', textAt(object, 'metadata', 'namespace'))
    return {
      source: `${source}/${keyOf(object)}`,
      targets: made.targets,
      labels: {
        ...made.labels,
        ...(namespace !== undefined && annotationsOf(namespace, 'namespace')),
      },
    }
  }

  readonly #neighbours: Neighbours = {
    pod: (key) => this.#find('pod', key),
    service: (key) => this.#find('service', key),
    node: (name) => (name === '' ? undefined : this.#find('node', name)),
  }

  #find(wanted: Kind, key: string): unknown {
    for (const { kind, cache } of this.#caches) {
      const found = kind === wanted ? cache.get(key) : undefined
      if (found !== undefined) return found
    }
    return undefined
  }
}
