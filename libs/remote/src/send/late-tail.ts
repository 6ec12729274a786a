/** The write-behind log of out-of-order samples, read as it grows. */
import type { HostFiles } from '@prom/runtime'
import { LogCorruption, LogTail, listSegments } from '@prom/tsdb'

/** Records taken in one go. */
const RECORDS_MAX = 64

/**
 * Out-of-order samples are in this log alone, and the series they are of in the other one, which is written first.
 * So whoever has a record from here reads the other log to its end before it looks up the record's series.
 */
export class LateTail {
  readonly #dir: string
  readonly #files: HostFiles
  #tail: LogTail | undefined

  /** What is there already lies before the begin of sending: it starts with the last segment. */
  constructor(dir: string, files: HostFiles) {
    this.#dir = dir
    this.#files = files
  }

  /** Records that came since the last call. Throws LogCorruption; the rest of that segment is then passed over. */
  read(): Uint8Array[] {
    const records: Uint8Array[] = []
    if (!this.#tail && !this.#open(-1)) return records
    try {
      while (records.length < RECORDS_MAX) {
        const record = this.#tail?.next()
        if (record) records.push(record.slice())
        // The writer fills a segment before it begins the next: look once more, then go on.
        else if (!this.#isFollowed() || !this.#openNext(records)) break
      }
    } catch (err) {
      if (err instanceof LogCorruption && this.#tail) this.#open(this.#tail.segment)
      throw err
    }
    return records
  }

  close(): void {
    this.#tail?.close()
    this.#tail = undefined
  }

  #isFollowed(): boolean {
    const after = this.#tail?.segment ?? -1
    return this.#segments().some((segment) => segment > after)
  }

  #openNext(records: Uint8Array[]): boolean {
    const last = this.#tail?.next()
    if (last) {
      records.push(last.slice())
      return true
    }
    return this.#open(this.#tail?.segment ?? -1)
  }

  /** The first segment after `after`; at first the last one there is. */
  #open(after: number): boolean {
    const segments = this.#segments()
    const segment = after < 0 ? segments.at(-1) : segments.find((one) => one > after)
    if (segment === undefined) return false
    this.#tail?.close()
    this.#tail = new LogTail(this.#dir, segment, this.#files)
    return true
  }

  #segments(): number[] {
    return this.#files.statSync(this.#dir) ? [...listSegments(this.#files, this.#dir)] : []
  }
}
