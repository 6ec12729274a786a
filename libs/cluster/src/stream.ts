/** The first message of a stream, collected until it is whole. */
import type { Socket } from 'node:net'
import { NeedMoreError, Unpacker } from './msgpack.ts'
import { COMPRESS, decompress, join, STREAM_BYTES_MAX, stripLabel } from './wire.ts'

/** A stream that is not whole after this many bytes never will be. */
const BUFFER_BYTES_MAX = STREAM_BYTES_MAX + 1024

export interface Collecting {
  readonly label: string
  /** What was there before the next data of the socket. */
  readonly head?: Uint8Array
  fault(err: unknown): void
}

/** Calls `take` with all bytes so far, compression undone, until it says that it has all it needs. */
export function collectMessage(
  socket: Socket,
  { label, head, fault }: Collecting,
  take: (message: Uint8Array) => boolean,
): void {
  let whole: Uint8Array = new Uint8Array()
  let pieces: Uint8Array[] = []
  let size = 0
  const add = (piece: Uint8Array) => {
    pieces.push(piece)
    size += piece.length
    if (size > BUFFER_BYTES_MAX) {
      socket.destroy()
      return
    }
    whole = join([whole, ...pieces])
    pieces = []
    try {
      const inner = unwrap(whole, label)
      if (inner && take(inner)) socket.removeListener('data', add)
    } catch (err) {
      if (err instanceof NeedMoreError) return
      fault(err)
      socket.destroy()
    }
  }
  socket.on('data', add)
  if (head !== undefined && head.length > 0) add(head)
}

/** Throws NeedMoreError as long as the stream's first message may still grow. */
function unwrap(bytes: Uint8Array, label: string): Uint8Array | undefined {
  const inner = stripLabel(label, bytes)
  if (!inner) {
    if (bytes.length < 2 + (bytes[1] ?? 255)) throw new NeedMoreError()
    throw new Error('stream with a foreign label')
  }
  if (inner.length === 0) throw new NeedMoreError()
  if (inner[0] !== COMPRESS) return inner
  new Unpacker(inner, 1).message()
  return decompress(inner.subarray(1), STREAM_BYTES_MAX)
}
