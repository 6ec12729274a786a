import type { Clock, ServiceManager } from '@prom/runtime'

/** Tells the service manager when we are ready and when we stop, and in between that the event loop still turns. */
export function reportTo(manager: ServiceManager, clock: Clock) {
  const { watchdogMs } = manager
  const stop = new AbortController()
  return {
    ready: () => {
      manager.notify('READY=1')
      if (watchdogMs !== undefined) void keepAlive(manager, watchdogMs / 2, clock, stop.signal)
    },
    /** Draining can take longer than the watchdog waits: word goes on until the process ends. */
    stopping: () => {
      manager.notify('STOPPING=1')
    },
    end: () => stop.abort(),
  }
}

async function keepAlive(
  manager: ServiceManager,
  everyMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    manager.notify('WATCHDOG=1')
    await clock.sleep(everyMs, signal)
  }
}
