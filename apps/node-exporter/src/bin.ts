import { createRequire } from 'node:module'
import { createKernelCalls, type NativeCalls } from '@prom/collectors'
import { runProgram } from '@prom/runtime/node'
import { main } from './main.ts'

/** The addon lies beside the bundle. Where there is none for this machine, some collectors have no data. */
function loadKernelCalls() {
  try {
    const load = createRequire(import.meta.url)
    const native = load(`./syscalls-linux-${process.arch}.node`) as NativeCalls
    return createKernelCalls(native)
  } catch {
    return undefined
  }
}

runProgram((argv, host) => main(argv, host, loadKernelCalls()))
