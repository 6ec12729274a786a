import { createRequire } from 'node:module'

/** What `native/host-calls.c` exports; results are 0 or a negative error number. */
export interface NativeCalls {
  lockFile(descriptor: number): number
  sendDatagram(path: string, text: string): number
  exitNow(code: number): never
}

let loaded: NativeCalls | null | undefined

/** The addon: beside the bundle, or in this lib. Undefined on machines it was not built for. */
export function nativeCalls(): NativeCalls | undefined {
  if (loaded === undefined) loaded = load() ?? null
  return loaded ?? undefined
}

function load(): NativeCalls | undefined {
  const name = `host-calls-${process.platform}-${process.arch}.node`
  const require = createRequire(import.meta.url)
  for (const folder of ['./', '../../native/']) {
    try {
      return require(folder + name) as NativeCalls
    } catch {}
  }
  return undefined
}
