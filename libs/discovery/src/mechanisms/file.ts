import { basename, dirname, extname } from 'node:path'
import { list, loadYaml } from '@prom/yaml'
import { decodeGroups } from '../group-json.ts'
import { type Discovery, type DiscoveryHost, defineMechanism } from '../mechanism.ts'
import type { TargetGroup } from '../target-group.ts'
import type { FileSdConfig } from './file-config.ts'
import { targetGroupConfig } from './static-config.ts'

const FILE_BYTES_MAX = 256 << 20
/** Events of one save come in bursts; they are waited for this long. */
const SETTLE_MS = 20

/** Reads target groups from JSON and YAML files, again when they change. */
export const file = defineMechanism<FileSdConfig>({
  name: 'file',
  start: (config, host) => new FileDiscovery(config, host),
})

class FileDiscovery implements Discovery {
  readonly #config: FileSdConfig
  readonly #host: DiscoveryHost
  readonly #known = new Map<string, readonly TargetGroup[]>()

  constructor(config: FileSdConfig, host: DiscoveryHost) {
    this.#config = config
    this.#host = host
  }

  async run(signal: AbortSignal, publish: (groups: readonly TargetGroup[]) => void): Promise<void> {
    const { clock } = this.#host
    let wake = new AbortController()
    const stops = this.#watch(() => wake.abort())
    while (!signal.aborted) {
      await this.#refresh(signal)
      if (signal.aborted) break
      publish([...this.#known.values()].flat())
      await clock.sleep(this.#config.refreshInterval, AbortSignal.any([signal, wake.signal]))
      if (wake.signal.aborted) await clock.sleep(SETTLE_MS, signal)
      wake = new AbortController()
    }
    for (const stop of stops) stop()
    const { fileTimes } = this.#host.metrics
    for (const path of this.#known.keys()) fileTimes.remove(path)
  }

  #watch(changed: () => void): (() => void)[] {
    const { files, log, metrics } = this.#host
    const folders = new Set(this.#config.files.map((path) => dirname(path)))
    const stops: (() => void)[] = []
    for (const folder of folders) {
      try {
        stops.push(files.watch(folder, changed))
      } catch (err) {
        metrics.fileWatchErrors.inc()
        log.error('Error adding file watch', { path: folder, err: (err as Error).message })
      }
    }
    return stops
  }

  /** Reads all files anew. One that cannot be read keeps its groups; one that is gone loses them. */
  async #refresh(signal: AbortSignal): Promise<void> {
    const { clock, files, log, metrics } = this.#host
    const started = clock.monotonic()
    const paths = new Set(this.#config.files.flatMap((pattern) => files.glob(pattern)))
    for (const path of this.#known.keys()) {
      if (paths.has(path)) continue
      this.#known.delete(path)
      metrics.fileTimes.remove(path)
    }
    for (const path of [...paths].sort()) {
      try {
        this.#known.set(path, await this.#read(path, signal))
        metrics.fileTimes.of(path).set((files.statSync(path)?.mtimeMs ?? 0) / 1000)
      } catch (err) {
        if (signal.aborted) return
        metrics.fileReadErrors.inc()
        log.error('Error reading file', { path, err: (err as Error).message })
      }
    }
    metrics.fileScanSeconds.of().observe((clock.monotonic() - started) / 1000)
  }

  async #read(path: string, signal: AbortSignal): Promise<TargetGroup[]> {
    const { files } = this.#host
    const size = files.statSync(path)?.sizeBytes ?? 0
    if (size > FILE_BYTES_MAX)
      throw new Error(`${basename(path)} is larger than ${FILE_BYTES_MAX} bytes`)
    const text = await files.readText(path, signal)
    const source = (index: number) => `${path}:${index}`
    const extra = { __meta_filepath: path }
    if (extname(path).toLowerCase() === '.json') {
      return decodeGroups(JSON.parse(text), source, extra)
    }
    return readYaml(text, path).map((group, index) => ({
      source: source(index),
      targets: group.targets.map((address) => ({ __address__: address })),
      labels: { ...Object.fromEntries(group.labels), ...extra },
    }))
  }
}

function readYaml(text: string, path: string) {
  const loaded = loadYaml(text, list(targetGroupConfig), path)
  if ('value' in loaded) return loaded.value
  throw new Error(loaded.message)
}
