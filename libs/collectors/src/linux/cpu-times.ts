/**
 * The time each CPU has spent, kept between scrapes: the kernel's numbers sometimes step back a little, counters
 * must not.
 */
import type { Logger } from '@prom/runtime'
import { parseUnsigned } from '../kernel-number.ts'
import type { StatFile } from './proc-stat.ts'

const FIELDS = 10
const IDLE = 3
/** An idle time this much lower (3 s of ticks) means that the CPU was unplugged and came back. */
const IDLE_STEP_BACK_TICKS = 300

export class CpuTimes {
  /** CPU number to ticks (hundredths of a second) per column; sorted by what the kernel prints first. */
  readonly cpus = new Map<string, number[]>()
  readonly #log: Logger

  constructor(log: Logger) {
    this.#log = log
  }

  update(stat: StatFile): void {
    const seen = new Set<string>()
    for (const [row, fields] of stat.rows) {
      const name = /^cpu(\d+)$/.exec(row)?.[1]
      if (name === undefined) continue
      seen.add(name)
      const now: number[] = []
      for (let i = 0; i < FIELDS; i++) {
        now.push(fields[i] === undefined ? 0 : parseUnsigned(fields[i]))
      }
      this.#merge(name, now)
    }
    for (const name of this.cpus.keys()) if (!seen.has(name)) this.cpus.delete(name)
  }

  #merge(name: string, now: number[]): void {
    let kept = this.cpus.get(name)
    if (kept && (kept[IDLE] as number) - (now[IDLE] as number) >= IDLE_STEP_BACK_TICKS) {
      this.#log.debug(
        'CPU Idle counter jumped backwards more than 3 seconds, possible hotplug event, resetting CPU stats',
        { cpu: name },
      )
      kept = undefined
    }
    if (!kept) {
      this.cpus.set(name, now)
      return
    }
    for (let i = 0; i < FIELDS; i++) kept[i] = Math.max(kept[i] as number, now[i] as number)
  }
}
