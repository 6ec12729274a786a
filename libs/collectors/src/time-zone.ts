/**
 * The local time zone, from the file the C library uses (TZif, RFC 8536): a header of counts, then times of change,
 * then which kind of time holds after each, then the kinds (offset, daylight saving, name), then the names. The second
 * half of the file repeats this with 64-bit times.
 */
import type { Host } from '@prom/runtime'
import type { SystemFacts } from './collector.ts'

const HEADER_BYTES = 44
const KIND_BYTES = 6
const UTC = { name: 'UTC', offsetSeconds: 0 }
/** The file is read again after this time: whoever moves the machine expects it to notice. */
const KEPT_MS = 60_000

interface Kind {
  readonly name: string
  readonly offsetSeconds: number
}

export function readTimeZone({ files, env }: Pick<Host, 'files' | 'env'>): SystemFacts['timeZone'] {
  const { TZ } = env
  if (TZ === '' || TZ === 'UTC') return () => UTC
  const path = TZ === undefined ? '/etc/localtime' : zonePath(TZ)
  let zone = { kinds: [] as readonly Kind[], readAt: -Infinity }
  return (atMs) => {
    if (Math.abs(atMs - zone.readAt) > KEPT_MS) {
      try {
        zone = { kinds: parseZone(Buffer.from(files.readSync(path))), readAt: atMs }
      } catch {
        zone = { kinds: [], readAt: atMs }
      }
    }
    if (zone.kinds.length === 0) return UTC
    // The rules of Node's own tables say which offset holds now; the file says what it is called.
    const offsetSeconds = -new Date(atMs).getTimezoneOffset() * 60
    return zone.kinds.find((kind) => kind.offsetSeconds === offsetSeconds) ?? UTC
  }
}

function zonePath(name: string): string {
  const plain = name.replace(/^:/, '')
  return plain.startsWith('/') ? plain : `/usr/share/zoneinfo/${plain}`
}

/** The kinds of time a zone knows, the most recently used first. */
export function parseZone(file: Buffer): Kind[] {
  const first = readHeader(file, 0)
  const start = first.version >= 0x32 ? HEADER_BYTES + first.sizeWith(4) : 0
  const counts = start > 0 ? readHeader(file, start) : first
  const timeBytes = start > 0 ? 8 : 4
  const indexes = start + HEADER_BYTES + counts.times * timeBytes
  const kinds = indexes + counts.times
  const names = kinds + counts.kinds * KIND_BYTES
  const kindAt = (i: number): Kind => {
    const at = kinds + i * KIND_BYTES
    const nameAt = names + file.readUInt8(at + 5)
    return {
      name: file.toString('latin1', nameAt, file.indexOf(0, nameAt)),
      offsetSeconds: file.readInt32BE(at),
    }
  }
  const used: Kind[] = []
  for (let i = counts.times - 1; i >= 0; i--) used.push(kindAt(file.readUInt8(indexes + i)))
  for (let i = 0; i < counts.kinds; i++) used.push(kindAt(i))
  return used
}

function readHeader(file: Buffer, at: number) {
  if (file.toString('latin1', at, at + 4) !== 'TZif') throw new Error('not a time zone file')
  const [isUt, isStd, leaps, times, kinds, nameBytes] = [0, 1, 2, 3, 4, 5].map((i) =>
    file.readUInt32BE(at + 20 + i * 4),
  ) as [number, number, number, number, number, number]
  return {
    version: file.readUInt8(at + 4),
    times,
    kinds,
    sizeWith: (timeBytes: number) =>
      times * timeBytes +
      times +
      kinds * KIND_BYTES +
      nameBytes +
      leaps * (timeBytes + 4) +
      isStd +
      isUt,
  }
}
