/** Runs one mechanism as a manager would, with the real clock and network. */
import { connect } from 'node:net'
import { createHttpClient } from '@prom/http'
import { Registry } from '@prom/metrics'
import { createClock, createFiles } from '@prom/runtime/node'
import { recordLog, seededRandom } from '@prom/testkit'
import { loadYaml } from '@prom/yaml'
import type { Discovery, DiscoveryHost } from '../mechanism.ts'
import { mechanisms } from '../mechanisms.ts'
import { type SdConfigs, sdConfigs } from '../sd-configs.ts'
import { SdMetrics } from '../sd-metrics.ts'
import type { TargetGroup } from '../target-group.ts'

export interface RunningMechanism {
  readonly log: ReturnType<typeof recordLog>
  readonly registry: Registry
  /** The groups told of next, or already and not yet asked for. Rejects when nothing comes for ten seconds. */
  next(): Promise<readonly TargetGroup[]>
  stop(): Promise<void>
}

/** `name` is that of a mechanism, with anything behind a dash; `yaml` one entry of its configuration. */
export function runMechanism(
  name: string,
  yaml: string,
  env: Readonly<Record<string, string>> = {},
): RunningMechanism {
  const kind = name.replace(/-.*$/, '') as keyof typeof mechanisms
  const clock = createClock()
  const log = recordLog()
  const registry = new Registry()
  const none = async () => []
  const host: DiscoveryHost = {
    ...{ clock, log, env },
    random: seededRandom(1),
    files: createFiles(),
    net: { connect },
    resolver: { srv: none, mx: none, ns: none, a: none, aaaa: none },
    metrics: new SdMetrics(registry, clock),
    version: '1',
    // The fake's certificate is nobody's.
    createClient: (config) =>
      createHttpClient(
        { ...config, tls: { ...config.tls, insecureSkipVerify: true } },
        { clock, env },
      ),
  }
  const stop = new AbortController()
  const told: (readonly TargetGroup[])[] = []
  let wake = () => {}
  const done = startOf(kind, yaml, host).run(stop.signal, (groups) => {
    told.push(groups)
    wake()
  })
  return {
    ...{ log, registry },
    async next() {
      const limit = AbortSignal.any([stop.signal, AbortSignal.timeout(10_000)])
      while (told.length === 0 && !limit.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve
          limit.addEventListener('abort', () => resolve(), { once: true })
        })
      }
      const groups = told.shift()
      if (!groups) throw new Error(`nothing was found: ${JSON.stringify(log.lines)}`)
      return groups
    },
    async stop() {
      stop.abort()
      await done
    },
  }
}

function startOf(kind: keyof typeof mechanisms, yaml: string, host: DiscoveryHost): Discovery {
  const indented = yaml.replace(/^(?=.)/gm, '  ').replace(/^ {2}/, '- ')
  const loaded = loadYaml(`${kind}_sd_configs:\n${indented}`, sdConfigs, 'x.yml')
  if (!('value' in loaded)) throw new Error(loaded.message)
  const [config] = (loaded.value as SdConfigs)[kind]
  const mechanism = mechanisms[kind] as { start(config: unknown, host: DiscoveryHost): Discovery }
  return mechanism.start(config, host)
}
