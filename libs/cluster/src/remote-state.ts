/** What two members exchange: everyone each knows, and the state of their user. */
import { type Message, numberOf, PackError, type Unpacker } from './msgpack.ts'
import { STREAM_BYTES_MAX } from './wire.ts'

const NODES_MAX = 10_000

export interface RemoteState {
  readonly nodes: readonly Message[]
  readonly state: Uint8Array
}

/** Throws NeedMoreError until all of it is there. */
export function readState(reader: Unpacker): RemoteState {
  const head = reader.message()
  const count = numberOf(head.Nodes)
  const size = numberOf(head.UserStateLen)
  if (count > NODES_MAX || size > STREAM_BYTES_MAX) throw new PackError('state is too large')
  const nodes = Array.from({ length: count }, () => reader.message())
  return { nodes, state: reader.take(size) }
}
