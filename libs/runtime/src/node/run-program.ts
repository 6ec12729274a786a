import type { Host } from '../host.ts'
import { createHost, type MachineHost } from './host.ts'
import { nativeCalls } from './native-calls.ts'

/**
 * The whole of a program's `bin.ts`: makes the real host, calls `main` with the arguments after the program's
 * name, and exits with its code once the output is flushed. An exception nobody caught is a bug and ends the
 * process with code 2 (as a panic does in the originals); a rejection nobody awaited is reported and survived.
 */
export function runProgram(main: (argv: readonly string[], host: Host) => Promise<number>): void {
  const host = createHost(process)
  process.on('unhandledRejection', (reason) => report('unhandled rejection', reason))
  process.on('uncaughtException', (err) => {
    report('uncaught exception', err)
    process.exit(2)
  })
  main(process.argv.slice(2), host).then(
    (code) => exit(code, host),
    (err: unknown) => {
      report('fatal', err)
      exit(2, host)
    },
  )
}

function report(what: string, err: unknown): void {
  process.stderr.write(`${what}: ${err instanceof Error ? (err.stack ?? err.message) : err}\n`)
}

/** Whoever was told to stop does not wait for threads: one of them may hang in a call on a dead mount. */
function exit(code: number, { signals, stdout, stderr }: MachineHost): void {
  const end = () => {
    if (signals.stop.aborted) nativeCalls()?.exitNow(code)
    process.exit(code)
  }
  stdout.flush(() => stderr.flush(end))
}
