/**
 * A state file that is appended to at each change and rewritten whole at each maintenance. Both forms are the
 * same concatenation of messages, in which a later message wins, so the original reads the file at any time.
 */
import type { FileHandle, HostFiles } from '@prom/runtime'

type Files = Pick<HostFiles, 'readSync' | 'openSync' | 'replaceSync' | 'statSync'>

export class StateFile {
  readonly path: string
  readonly #files: Files
  /** Kept open between appends; gone after a replacement, which makes a new file. */
  #handle: FileHandle | undefined

  constructor(files: Files, path: string) {
    this.#files = files
    this.path = path
  }

  /** The content; empty if there is no file yet. */
  read(): Uint8Array {
    if (!this.#files.statSync(this.path)) return new Uint8Array()
    return this.#files.readSync(this.path)
  }

  /** Adds messages at the end; with `isDurable` they are on disk when this returns. */
  append(messages: Uint8Array, isDurable: boolean): void {
    this.#handle ??= this.#files.openSync(this.path, 'a', 0o644)
    const sizeBytes = this.#handle.size()
    try {
      this.#handle.write(messages)
      if (isDurable) this.#handle.sync()
    } catch (err) {
      // Half a message would hide all that are appended after it.
      try {
        this.#handle.truncate(sizeBytes)
      } finally {
        this.#close()
      }
      throw err
    }
  }

  /** Replaces the content: a crash leaves the old or the new. */
  replace(content: Uint8Array): void {
    this.#close()
    this.#files.replaceSync(this.path, content, 0o644)
  }

  /** A copy beside the file, as it was before an end that was cut short is dropped from it. */
  keepTorn(content: Uint8Array): void {
    this.#files.replaceSync(`${this.path}.torn`, content, 0o644)
  }

  #close(): void {
    const handle = this.#handle
    this.#handle = undefined
    handle?.close()
  }
}
