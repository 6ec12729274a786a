import { fstatSync, writeSync } from 'node:fs'
export interface ProcessOutput {
  write(text: string | Uint8Array): void
  readonly isTerminal: boolean
  /** Calls back once everything that was written is on its way. */
  flush(then: () => void): void
}

/**
 * One of the two outputs of a process. Files, pipes and terminals are written to at once, as Node's own streams do it;
 * `stream` (which takes milliseconds to load) is asked for only where a write may have to wait: sockets, and pipes that
 * somebody made non-blocking.
 */
export function createOutput(descriptor: number, stream: () => NodeJS.WriteStream): ProcessOutput {
  let opened: NodeJS.WriteStream | undefined
  let isGone = false
  const isDirect = takesDirectWrites(descriptor)

  const open = () => {
    if (opened) return opened
    opened = stream()
    // A reader that went away (`| head`) must not end the program with a stack trace.
    if (opened.listenerCount('error') === 0) opened.on('error', () => {})
    return opened
  }

  /** What is left to write once the reader does not take more at the moment. */
  const writeDirectly = (text: string | Uint8Array): Uint8Array | undefined => {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text
    let done = 0
    while (done < bytes.length) {
      try {
        done += writeSync(descriptor, bytes, done)
      } catch (err) {
        if ((err as NodeJS.ErrnoException).code === 'EAGAIN') return bytes.subarray(done)
        isGone = true
        return undefined
      }
    }
    return undefined
  }

  return {
    write(text) {
      if (isGone || text.length === 0) return
      if (!isDirect || opened) {
        open().write(text)
        return
      }
      const rest = writeDirectly(text)
      if (rest) open().write(rest)
    },
    get isTerminal() {
      return open().isTTY === true
    },
    flush(then) {
      if (opened) opened.write('', () => then())
      else then()
    },
  }
}

function takesDirectWrites(descriptor: number): boolean {
  try {
    const stat = fstatSync(descriptor)
    return stat.isFile() || stat.isFIFO() || stat.isCharacterDevice()
  } catch {
    return false
  }
}
