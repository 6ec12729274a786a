/**
 * Asks file systems for their space. One that does not answer (a dead network mount) holds a thread of the pool until
 * it does: it is remembered and left alone, and only a few may be held, so that the others are still served.
 */
import type { Clock, HostFiles, Logger } from '@prom/runtime'
import { errnoText } from '../errno-text.ts'
import type { Mount } from './mountinfo.ts'

export type Space = Awaited<ReturnType<HostFiles['statfs']>>

interface Deps {
  readonly files: HostFiles
  readonly clock: Clock
  readonly log: Logger
  readonly rootPath: string
  readonly timeoutMs: number
  readonly workersMax: number
}

/** Node's pool has four threads; one stays free for everybody else. */
const HELD_MAX = 3

export class MountWatch {
  readonly #deps: Deps
  /** Mount points whose answer is outstanding for longer than the timeout. */
  readonly #stuck = new Set<string>()

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** For each mount its space, or why there is none: the text of the label `device_error`. */
  async stat(mounts: readonly Mount[], signal: AbortSignal): Promise<(Space | string)[]> {
    const answers: (Space | string)[] = mounts.map(() => 'mountpoint timeout')
    let next = 0
    const work = async () => {
      while (next < mounts.length && !signal.aborted) {
        const i = next++
        answers[i] = await this.#one((mounts[i] as Mount).mountPoint, signal)
      }
    }
    const workers = Math.max(1, Math.min(this.#deps.workersMax, HELD_MAX))
    await Promise.all(Array.from({ length: workers }, work))
    return answers
  }

  async #one(mountPoint: string, signal: AbortSignal): Promise<Space | string> {
    const { files, clock, log, rootPath, timeoutMs } = this.#deps
    if (this.#stuck.has(mountPoint) || this.#stuck.size >= HELD_MAX) {
      log.debug('Mount point is in an unresponsive state', { mountpoint: mountPoint })
      return 'mountpoint timeout'
    }
    const path = rootPath === '/' ? mountPoint : rootPath.replace(/\/$/, '') + mountPoint
    const answered = new AbortController()
    const answer = files.statfs(path).then(
      (space): Space | string => space,
      (err: unknown) => errnoText(err),
    )
    const forget = () => {
      answered.abort()
      if (this.#stuck.delete(mountPoint)) {
        log.debug('Mount point has recovered, monitoring will resume', { mountpoint: mountPoint })
      }
    }
    answer.then(forget, forget)
    const isLate = clock
      .sleep(timeoutMs, AbortSignal.any([signal, answered.signal]))
      .then(() => undefined)
    const first = await Promise.race([answer, isLate])
    if (first !== undefined) {
      if (typeof first === 'string') {
        log.debug('Error on statfs() system call', { rootfs: path, err: first })
      }
      return first
    }
    if (answered.signal.aborted) return answer
    log.debug('Mount point timed out, it is being labeled as stuck and will not be monitored', {
      mountpoint: mountPoint,
    })
    this.#stuck.add(mountPoint)
    return 'mountpoint timeout'
  }
}
