/**
 * The collectors of one program: made once, asked at every scrape. Each is measured and reported; one that fails or
 * hangs costs its own samples and nothing else.
 */

import type { MetricFamily } from '@prom/metrics'
import type { Clock, Logger } from '@prom/runtime'
import {
  type Collect,
  type CollectorDefinition,
  type CollectorDeps,
  NoDataError,
} from './collector.ts'
import { goErrorText } from './errno-text.ts'
import { Page } from './page.ts'

/** Below the usual scrape timeout of 10 s, so that one that hangs is told and not the whole scrape lost. */
const COLLECTOR_TIMEOUT_MS = 5000

interface Member {
  readonly name: string
  readonly collect: Collect
  /** A run that did not end in time and still goes on. */
  isBusy: boolean
  last?: CollectorRun
}

/** How a collector did at its last scrape. */
export interface CollectorRun {
  readonly seconds: number
  readonly result: 'succeeded' | 'had no data' | 'failed'
}

interface Outcome {
  readonly seconds: number
  readonly error: unknown
}

interface Deps {
  readonly clock: Clock
  readonly log: Logger
}

export class CollectorSet {
  readonly #members = new Map<string, Member>()
  readonly #deps: Deps

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** Makes a collector; throws what its constructor throws. */
  add(definition: CollectorDefinition, deps: CollectorDeps): void {
    const { name } = definition
    this.#members.set(name, { name, collect: definition.create(deps), isBusy: false })
  }

  /** Names of the collectors that are on, sorted. */
  names(): string[] {
    return [...this.#members.keys()].sort()
  }

  /** Undefined before the first scrape, and for a collector that is off. */
  lastRun(name: string): CollectorRun | undefined {
    return this.#members.get(name)?.last
  }

  /** Runs the named collectors, or all; their families one list per collector, and the two that tell how it went. */
  async gather(names: readonly string[] = this.names()): Promise<MetricFamily[][]> {
    const report = new Page()
    const durations = report.gauge(
      'node_scrape_collector_duration_seconds',
      'node_exporter: Duration of a collector scrape.',
      LABELS,
    )
    const successes = report.gauge(
      'node_scrape_collector_success',
      'node_exporter: Whether a collector succeeded.',
      LABELS,
    )
    // All begin now, so all are late at the same moment.
    const deadline = new Deadline(this.#deps.clock)
    const lists = await Promise.all(
      names.map(async (name) => {
        const member = this.#members.get(name)
        if (!member) return []
        const page = new Page()
        const { seconds, error } = await this.#measure(member, page, deadline)
        this.#log(name, seconds, error)
        member.last = { seconds, result: resultOf(error) }
        durations.add(seconds, name)
        successes.add(error === undefined ? 1 : 0, name)
        // A late collector may go on adding: what is there now is what is served.
        return page
          .families()
          .map((family) => ({ ...describe(family), points: [...family.points] }))
      }),
    )
    deadline.end()
    return [...lists, report.families()]
  }

  /** What reads only the kernel's memory is done when it returns; the others are waited for. */
  #measure(member: Member, page: Page, deadline: Deadline): Outcome | Promise<Outcome> {
    const { clock } = this.#deps
    const begin = clock.monotonic()
    const end = (error: unknown): Outcome => ({
      seconds: (clock.monotonic() - begin) / 1000,
      error,
    })
    if (member.isBusy) return end(new Error('still busy with an earlier scrape'))
    try {
      const result = member.collect(page, deadline.signal)
      return result ? this.#wait(member, result, deadline).then(end) : end(undefined)
    } catch (err) {
      return end(err ?? new Error('unknown error'))
    }
  }

  /** Resolves with what went wrong, if anything. */
  async #wait(member: Member, result: Promise<void>, deadline: Deadline): Promise<unknown> {
    member.isBusy = true
    const done = result.then(
      () => undefined,
      (err: unknown) => err ?? new Error('unknown error'),
    )
    void done.then(() => {
      member.isBusy = false
    })
    return Promise.race([done, deadline.passed()])
  }

  #log(name: string, seconds: number, error: unknown): void {
    const { log } = this.#deps
    if (error === undefined) {
      log.debug('collector succeeded', { name, duration_seconds: seconds })
    } else if (error instanceof NoDataError) {
      log.debug('collector returned no data', {
        name,
        duration_seconds: seconds,
        err: error.message,
      })
    } else {
      log.error('collector failed', { name, duration_seconds: seconds, err: goErrorText(error) })
    }
  }
}

function resultOf(error: unknown): CollectorRun['result'] {
  if (error === undefined) return 'succeeded'
  return error instanceof NoDataError ? 'had no data' : 'failed'
}

/** One moment for all collectors of a scrape; its timer runs only if one of them has to be waited for. */
class Deadline {
  readonly #clock: Clock
  readonly #late = new AbortController()
  readonly #ended = new AbortController()
  #passed: Promise<Error> | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get signal(): AbortSignal {
    return this.#late.signal
  }

  /** Resolves with the error of those that are late. */
  passed(): Promise<Error> {
    this.#passed ??= this.#clock.sleep(COLLECTOR_TIMEOUT_MS, this.#ended.signal).then(() => {
      if (!this.#ended.signal.aborted) this.#late.abort()
      return new Error(`timed out after ${COLLECTOR_TIMEOUT_MS / 1000}s`)
    })
    return this.#passed
  }

  end(): void {
    this.#ended.abort()
  }
}

function describe({ name, help, type }: MetricFamily): Omit<MetricFamily, 'points'> {
  return { name, help, type }
}

const LABELS = ['collector']
