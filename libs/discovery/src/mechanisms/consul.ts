import type { HttpClient } from '@prom/http'
import { type Discovery, type DiscoveryHost, defineMechanism } from '../mechanism.ts'
import { hostPort, joinAround, labelsUnder } from '../meta-label.ts'
import type { TargetGroup } from '../target-group.ts'
import type { ConsulSdConfig } from './consul-config.ts'

/** A question waits this long for news. */
const WAIT_MS = 120_000
/** After a failure. */
const RETRY_MS = 15_000
const PREFIX = '__meta_consul_'

/** Watches the services of a Consul agent by blocking queries. */
export const consul = defineMechanism<ConsulSdConfig>({
  name: 'consul',
  start: (config, host) => new ConsulDiscovery(config, host),
})

/** What `/v1/health/service` says of one instance, as far as it becomes labels. */
interface Instance {
  readonly Node: {
    readonly Node: string
    readonly Address: string
    readonly Meta?: Record<string, string> | null
    readonly TaggedAddresses?: Record<string, string> | null
  }
  readonly Service: {
    readonly ID: string
    readonly Address: string
    readonly Port: number
    readonly Tags?: readonly string[] | null
    readonly Meta?: Record<string, string> | null
    readonly Namespace?: string
    readonly Partition?: string
  }
  readonly Checks?: readonly { readonly CheckID: string; readonly Status: string }[] | null
}

class ConsulDiscovery implements Discovery {
  readonly #config: ConsulSdConfig
  readonly #host: DiscoveryHost
  readonly #client: HttpClient
  readonly #groups = new Map<string, TargetGroup>()
  readonly #watches = new Map<string, { stop: AbortController; done: Promise<void> }>()
  #datacenter = ''

  constructor(config: ConsulSdConfig, host: DiscoveryHost) {
    this.#config = config
    this.#host = host
    this.#client = host.createClient(config.http)
  }

  async run(signal: AbortSignal, publish: (groups: readonly TargetGroup[]) => void): Promise<void> {
    const tell = () => publish([...this.#groups.values()])
    await this.#findDatacenter(signal)
    const { services, tags, filter } = this.#config
    if (services.length > 0 && tags.length === 0 && filter === '') {
      for (const name of services) this.#watch(name, tell)
      await this.#host.clock.sleepUntil(Infinity, signal)
    } else {
      await this.#watchCatalog(signal, tell)
    }
    for (const { stop } of this.#watches.values()) stop.abort()
    await Promise.all([...this.#watches.values()].map(({ done }) => done))
    await this.#client.close()
  }

  async #findDatacenter(signal: AbortSignal): Promise<void> {
    this.#datacenter = this.#config.datacenter
    while (this.#datacenter === '' && !signal.aborted) {
      try {
        const { value } = await this.#ask('/v1/agent/self', new URLSearchParams(), signal)
        const { Config } = value as { Config?: { Datacenter?: unknown } }
        if (typeof Config?.Datacenter !== 'string') {
          throw new Error("invalid value 'undefined' for Config.Datacenter")
        }
        this.#datacenter = Config.Datacenter
      } catch (err) {
        await this.#failed('Error retrieving datacenter name', err as Error, signal)
      }
    }
  }

  /** Starts and ends the watches of services as they come and go. */
  async #watchCatalog(signal: AbortSignal, tell: () => void): Promise<void> {
    const { filter, services, tags, refreshInterval } = this.#config
    const news = { index: '0' }
    while (!signal.aborted) {
      try {
        const params = this.#params(news.index, filter)
        const { value, index } = await this.#ask('/v1/catalog/services', params, signal)
        const isNew = index !== news.index
        news.index = Number(index) < Number(news.index) ? '0' : index
        if (!isNew) continue
        const wanted = new Set<string>()
        for (const [name, has] of Object.entries(value as Record<string, readonly string[]>)) {
          const isNamed = services.length === 0 || services.includes(name)
          if (isNamed && tags.every((tag) => has.includes(tag))) wanted.add(name)
        }
        for (const name of wanted) if (!this.#watches.has(name)) this.#watch(name, tell)
        await this.#forget(wanted, tell)
        await this.#host.clock.sleep(refreshInterval, signal)
      } catch (err) {
        news.index = '0'
        await this.#failed('Error refreshing service list', err as Error, signal)
      }
    }
  }

  async #forget(wanted: ReadonlySet<string>, tell: () => void): Promise<void> {
    const gone = [...this.#watches].filter(([name]) => !wanted.has(name))
    for (const [name, { stop, done }] of gone) {
      stop.abort()
      await done
      this.#watches.delete(name)
      this.#groups.delete(name)
    }
    if (gone.length > 0) tell()
  }

  #watch(name: string, tell: () => void): void {
    const stop = new AbortController()
    this.#watches.set(name, { stop, done: this.#watchService(name, stop.signal, tell) })
  }

  async #watchService(name: string, signal: AbortSignal, tell: () => void): Promise<void> {
    let last = '0'
    while (!signal.aborted) {
      try {
        const params = this.#params(last, this.#config.healthFilter)
        for (const tag of this.#config.tags) params.append('tag', tag)
        const path = `/v1/health/service/${encodeURIComponent(name)}`
        const { value, index } = await this.#ask(path, params, signal)
        const isNew = index !== last
        last = Number(index) < Number(last) ? '0' : index
        if (!isNew || signal.aborted) continue
        this.#groups.set(name, this.#group(name, value as readonly Instance[]))
        tell()
        await this.#host.clock.sleep(this.#config.refreshInterval, signal)
      } catch (err) {
        last = '0'
        await this.#failed('Error refreshing service', err as Error, signal, name)
      }
    }
  }

  #group(name: string, instances: readonly Instance[]): TargetGroup {
    const labels = { [`${PREFIX}service`]: name, [`${PREFIX}dc`]: this.#datacenter }
    return { source: name, labels, targets: instances.map((one) => this.#target(one)) }
  }

  #target({ Node, Service, Checks }: Instance): Record<string, string> {
    const address = Service.Address === '' ? Node.Address : Service.Address
    return {
      __address__: hostPort(address, Service.Port),
      [`${PREFIX}address`]: Node.Address,
      [`${PREFIX}node`]: Node.Node,
      [`${PREFIX}namespace`]: Service.Namespace ?? '',
      [`${PREFIX}partition`]: Service.Partition ?? '',
      [`${PREFIX}tags`]: joinAround(Service.Tags ?? [''], this.#config.tagSeparator),
      [`${PREFIX}service_address`]: Service.Address,
      [`${PREFIX}service_port`]: String(Service.Port),
      [`${PREFIX}service_id`]: Service.ID,
      [`${PREFIX}health`]: healthOf(Checks ?? []),
      ...labelsUnder(`${PREFIX}metadata_`, Node.Meta),
      ...labelsUnder(`${PREFIX}service_metadata_`, Service.Meta),
      ...labelsUnder(`${PREFIX}tagged_address_`, Node.TaggedAddresses),
    }
  }

  #params(index: string, filter: string): URLSearchParams {
    const { datacenter, namespace, partition, allowStale, nodeMeta } = this.#config
    const params = new URLSearchParams({ index, wait: `${WAIT_MS}ms` })
    if (allowStale) params.set('stale', '')
    if (datacenter !== '') params.set('dc', datacenter)
    if (namespace !== '') params.set('ns', namespace)
    if (partition !== '') params.set('partition', partition)
    if (filter !== '') params.set('filter', filter)
    for (const [key, value] of nodeMeta) params.append('node-meta', `${key}:${value}`)
    return params
  }

  async #ask(
    path: string,
    params: URLSearchParams,
    signal: AbortSignal,
  ): Promise<{ value: unknown; index: string }> {
    const { scheme, server, pathPrefix, token, username, password } = this.#config
    const headers: Record<string, string> = {}
    if (token.value !== '') headers['X-Consul-Token'] = token.value
    if (username !== '') {
      const pair = Buffer.from(`${username}:${password.value}`).toString('base64')
      headers.Authorization = `Basic ${pair}`
    }
    const query = params.size > 0 ? `?${params}` : ''
    const answer = await this.#client.request({
      method: 'GET',
      url: `${scheme}://${server}${pathPrefix}${path}${query}`,
      headers,
      timeoutMs: WAIT_MS + RETRY_MS,
      signal,
    })
    const text = Buffer.from(answer.body).toString('utf8')
    if (answer.status !== 200) {
      throw new Error(`Unexpected response code: ${answer.status} (${text.slice(0, 200)})`)
    }
    return { value: JSON.parse(text), index: answer.headers['x-consul-index'] ?? '0' }
  }

  async #failed(message: string, err: Error, signal: AbortSignal, service?: string): Promise<void> {
    if (signal.aborted) return
    const { clock, log, metrics } = this.#host
    metrics.consulFailures.inc()
    log.error(message, { discovery: 'consul', ...(service && { service }), err: err.message })
    await clock.sleep(RETRY_MS, signal)
  }
}

/** The worst of an instance's checks; maintenance is worse than all. */
function healthOf(
  checks: readonly { readonly CheckID: string; readonly Status: string }[],
): string {
  const isOut = ({ CheckID }: { readonly CheckID: string }) =>
    CheckID === '_node_maintenance' || CheckID.startsWith('_service_maintenance:')
  if (checks.some(isOut)) return 'maintenance'
  for (const status of ['critical', 'warning']) {
    if (checks.some(({ Status }) => Status === status)) return status
  }
  return 'passing'
}
