import type { Infer } from '@prom/yaml'
import { at, entriesAt, numberAt, textAt } from '../answer-fields.ts'
import { type Discovery, type DiscoveryHost, defineMechanism } from '../mechanism.ts'
import { hostPort, sanitizeLabel } from '../meta-label.ts'
import { watchZookeeper } from '../zookeeper.ts'
import type { nerveSdConfig, serversetSdConfig } from './zookeeper-config.ts'

/** Members of serversets (Finagle, Aurora) kept in ZooKeeper. */
export const serverset = defineMechanism<Infer<typeof serversetSdConfig>>({
  name: 'serverset',
  start: (config, host) => startTrees(config, host, parseServerset),
})

/** Services that Nerve registers in ZooKeeper. */
export const nerve = defineMechanism<Infer<typeof nerveSdConfig>>({
  name: 'nerve',
  start: (config, host) => startTrees(config, host, parseNerve),
})

type Target = Record<string, string>
interface Config {
  readonly servers: readonly string[]
  readonly paths: readonly string[]
  readonly timeout: number
}

function startTrees(
  { servers, paths, timeout }: Config,
  host: DiscoveryHost,
  parse: (data: unknown, path: string) => Target,
): Discovery {
  return {
    run: (signal, publish) =>
      watchZookeeper(
        {
          ...{ servers, paths, timeoutMs: timeout, host },
          onNodes(nodes) {
            const groups = [...nodes].flatMap(([path, data]) => {
              if (data.length === 0) return []
              try {
                const target = parse(JSON.parse(data.toString('utf8')), path)
                return [{ source: path, targets: [target], labels: {} }]
              } catch {
                return [] // A node that is no member is no target.
              }
            })
            publish(groups)
          },
        },
        signal,
      ),
  }
}

function parseServerset(member: unknown, path: string): Target {
  const prefix = '__meta_serverset_'
  const endpoint = at(member, 'serviceEndpoint')
  const labels: Target = {
    [`${prefix}path`]: path,
    __address__: hostPort(textAt(endpoint, 'host'), numberAt(endpoint, 'port')),
    [`${prefix}endpoint_host`]: textAt(endpoint, 'host'),
    [`${prefix}endpoint_port`]: String(numberAt(endpoint, 'port')),
    [`${prefix}status`]: textAt(member, 'status'),
    [`${prefix}shard`]: String(numberAt(member, 'shard')),
  }
  for (const [name, one] of entriesAt(member, 'additionalEndpoints')) {
    const clean = sanitizeLabel(name)
    labels[`${prefix}endpoint_host_${clean}`] = textAt(one, 'host')
    labels[`${prefix}endpoint_port_${clean}`] = String(numberAt(one, 'port'))
  }
  return labels
}

function parseNerve(member: unknown, path: string): Target {
  const prefix = '__meta_nerve_'
  return {
    [`${prefix}path`]: path,
    __address__: hostPort(textAt(member, 'host'), numberAt(member, 'port')),
    [`${prefix}endpoint_host`]: textAt(member, 'host'),
    [`${prefix}endpoint_port`]: String(numberAt(member, 'port')),
    [`${prefix}endpoint_name`]: textAt(member, 'name'),
  }
}
