import { join } from 'node:path'
import type { Clock, FileHandle, HostFiles, Logger } from '@prom/runtime'

const ENTRY_BYTES = 1000
const NAME = 'queries.active'

/**
 * The queries running right now, in a file, so that after a crash one sees which did not finish. The file is `[`
 * and, from byte 1, a place of 1000 bytes for each query:
 *
 *   [{"query":"up","timestamp_sec":1700000000},\0\0\0...{"query":...},\0\0...
 */
export class ActiveQueryLog {
  readonly #file: FileHandle
  readonly #clock: Pick<Clock, 'now'>
  readonly #free: number[]

  /** Logs what a crashed run left, and starts anew. `placeCount` is the most queries at a time. */
  constructor(
    dir: string,
    placeCount: number,
    deps: { readonly files: HostFiles; readonly clock: Pick<Clock, 'now'>; readonly log: Logger },
  ) {
    const path = join(dir, NAME)
    const left = readLeft(path, deps.files)
    if (left !== '') {
      deps.log.info("These queries didn't finish in prometheus' last run:", { queries: left })
    }
    this.#clock = deps.clock
    this.#file = deps.files.openSync(path, 'w', 0o666)
    const empty = new Uint8Array(1 + placeCount * ENTRY_BYTES)
    empty[0] = 0x5b
    this.#file.write(empty, 0)
    this.#free = Array.from({ length: placeCount }, (_, i) => placeCount - 1 - i)
  }

  /** Writes the query down; returns its place, -1 if all are taken. */
  insert(query: string): number {
    const place = this.#free.pop()
    if (place === undefined) return -1
    const entry = new Uint8Array(ENTRY_BYTES)
    entry.set(Buffer.from(makeEntry(query, Math.floor(this.#clock.now() / 1000))))
    this.#file.write(entry, 1 + place * ENTRY_BYTES)
    return place
  }

  delete(place: number): void {
    if (place < 0) return
    this.#file.write(new Uint8Array(ENTRY_BYTES), 1 + place * ENTRY_BYTES)
    this.#free.push(place)
  }

  close(): void {
    this.#file.close()
  }
}

function makeEntry(query: string, seconds: number): string {
  let text = query
  for (;;) {
    const entry = `{"query":${JSON.stringify(text)},"timestamp_sec":${seconds}},`
    const excess = Buffer.byteLength(entry) - ENTRY_BYTES
    if (excess <= 0) return entry
    text = text.slice(0, Math.max(0, text.length - Math.max(1, Math.ceil(excess / 4))))
  }
}

function readLeft(path: string, files: HostFiles): string {
  try {
    const text = Buffer.from(files.readSync(path)).toString('utf8').replaceAll('\0', '')
    return text.length > 1 ? `${text.replace(/,$/, '')}]` : ''
  } catch {
    return ''
  }
}
