import type { Host, Signals } from '../host.ts'
import { createClock } from './clock.ts'
import { createFiles } from './files.ts'
import { createOutput, type ProcessOutput } from './output.ts'
import { createProcessFacts } from './process-facts.ts'
import { createServiceManager } from './service-manager.ts'

// Loaded when first needed: a short-lived tool needs few of them, and each takes milliseconds.
/** More than any page or rule file has; a device that never ends stays below the machine's memory. */
const STDIN_MAX_BYTES = 1024 ** 3

const crypto = () => process.getBuiltinModule('node:crypto')
const dgram = () => process.getBuiltinModule('node:dgram')
const dns = () => process.getBuiltinModule('node:dns/promises')
const os = () => process.getBuiltinModule('node:os')
const net = () => process.getBuiltinModule('node:net')

export interface MachineHost extends Host {
  readonly stdout: ProcessOutput
  readonly stderr: ProcessOutput
}

/** The machine itself. `bin.ts` makes one and hands it to `main`; nobody else does. */
export function createHost(proc: NodeJS.Process): MachineHost {
  const serviceManager = createServiceManager(proc)
  return {
    clock: createClock(),
    random: { next: () => Math.random(), bytes: (count) => crypto().randomBytes(count) },
    files: createFiles(),
    net: {
      connect: (options) => net().connect(options),
      createServer: (on) => net().createServer(on),
      createDatagram: (type) => dgram().createSocket(type),
      lookup: async (name) =>
        (await dns().lookup(name, { all: true })).map(({ address }) => address),
      addresses: () =>
        Object.values(os().networkInterfaces()).flatMap((list) =>
          (list ?? []).filter(({ internal }) => !internal).map(({ address }) => address),
        ),
    },
    signals: createSignals(proc),
    ...(serviceManager && { serviceManager }),
    env: proc.env,
    cwd: proc.cwd(),
    get hostname() {
      return os().hostname()
    },
    stdin: async () => {
      const pieces: Uint8Array[] = []
      let bytes = 0
      for await (const piece of proc.stdin) {
        bytes += (piece as Uint8Array).length
        if (bytes > STDIN_MAX_BYTES) throw new Error('standard input is larger than 1 GiB')
        pieces.push(piece as Uint8Array)
      }
      return Buffer.concat(pieces)
    },
    stdout: createOutput(1, () => proc.stdout),
    stderr: createOutput(2, () => proc.stderr),
    process: createProcessFacts(proc),
  }
}

/** Handlers are installed at first use, so a command line that asks for none keeps the default: to die. */
function createSignals(proc: NodeJS.Process): Signals {
  let stop: AbortController | undefined
  return {
    get stop() {
      if (!stop) {
        const controller = new AbortController()
        stop = controller
        proc.on('SIGINT', () => controller.abort('SIGINT'))
        proc.on('SIGTERM', () => controller.abort('SIGTERM'))
      }
      return stop.signal
    },
    onHangup: (callback) => {
      proc.on('SIGHUP', callback)
      return () => proc.off('SIGHUP', callback)
    },
  }
}
