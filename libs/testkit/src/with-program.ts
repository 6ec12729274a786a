/** A daemon run inside the test, on a port of its own. */
import type { Host } from '@prom/runtime'
import { createHost } from '@prom/runtime/node'

export type ProgramMain = (argv: readonly string[], host: Host) => Promise<number>

/**
 * Runs a program that listens until `use` is done; `use` is not called if it ends before. Returns its exit code and
 * what it logged.
 */
export async function withProgram(
  main: ProgramMain,
  argv: readonly string[],
  use: (base: string) => Promise<void>,
): Promise<{ readonly code: number; readonly log: string }> {
  const stop = new AbortController()
  let log = ''
  let markListening = (_base: string) => {}
  const listening = new Promise<string>((resolve) => {
    markListening = resolve
  })
  const host: Host = {
    ...createHost(process),
    signals: { stop: stop.signal, onHangup: () => () => {} },
    stderr: {
      isTerminal: false,
      write: (text) => {
        log += text
        const address = /"Listening on" address=(\S+)\n[\s\S]*TLS is disabled/.exec(log)?.[1]
        if (address) markListening(`http://${address}`)
      },
    },
  }
  const running = main(['--web.listen-address=127.0.0.1:0', ...argv], host)
  const base = await Promise.race([listening, running])
  try {
    if (typeof base === 'string') await use(base)
  } finally {
    stop.abort()
  }
  return { code: await running, log }
}
