import type { ServiceManager } from '../host.ts'
import { nativeCalls } from './native-calls.ts'

/**
 * systemd's notify protocol (sd_notify): datagrams to the socket named by NOTIFY_SOCKET, and a watchdog if
 * WATCHDOG_USEC is set for this process. Undefined when no service manager waits for word.
 */
export function createServiceManager(proc: NodeJS.Process): ServiceManager | undefined {
  const { NOTIFY_SOCKET: path, WATCHDOG_USEC, WATCHDOG_PID } = proc.env
  const calls = path ? nativeCalls() : undefined
  if (!path || !calls) return undefined
  const isOurs = WATCHDOG_PID === undefined || WATCHDOG_PID === String(proc.pid)
  const watchdogMs = isOurs ? Number(WATCHDOG_USEC ?? 0) / 1000 : 0
  return {
    notify: (state) => calls.sendDatagram(path, state) === 0,
    ...(watchdogMs > 0 && { watchdogMs }),
  }
}
