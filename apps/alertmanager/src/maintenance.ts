/** What is done from time to time: ended alerts forgotten, silences and notification log tidied and written. */
import type { AlertMarks, AlertStore, NotificationLog, Silences } from '@prom/alerting'
import type { Clock, Part } from '@prom/runtime'

export interface MaintenanceOptions {
  readonly alertGcIntervalMs: number
  readonly maintenanceIntervalMs: number
}

export interface MaintenanceDeps {
  readonly clock: Clock
  readonly store: AlertStore
  readonly marks: AlertMarks
  readonly silences: Silences
  readonly notificationLog: NotificationLog
}

export class Maintenance implements Part {
  readonly #options: MaintenanceOptions
  readonly #deps: MaintenanceDeps

  constructor(options: MaintenanceOptions, deps: MaintenanceDeps) {
    this.#options = options
    this.#deps = deps
  }

  /** Writes the state a last time when it ends. */
  async run(signal: AbortSignal, ready: () => void): Promise<void> {
    const { silences, notificationLog } = this.#deps
    ready()
    await Promise.all([
      this.#every(this.#options.alertGcIntervalMs, () => this.#collectAlerts(), signal),
      this.#every(
        this.#options.maintenanceIntervalMs,
        () => {
          notificationLog.maintain()
          silences.maintain()
        },
        signal,
      ),
    ])
    notificationLog.maintain()
    silences.maintain()
  }

  #collectAlerts(): void {
    const { store, marks, silences, clock } = this.#deps
    const gone = store.removeResolved(clock.now())
    marks.forget(gone)
    silences.forgetAlerts(gone)
  }

  async #every(intervalMs: number, work: () => void, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps
    while (!signal.aborted) {
      await clock.sleep(intervalMs, signal)
      if (!signal.aborted) work()
    }
  }
}
