/**
 * Memberlist's messages: one type byte, then a MessagePack map. Packets may be labelled, checksummed, compressed
 * and compounded, in this order; streams labelled and compressed.
 */
import { crc32 } from 'node:zlib'
import { decompressLzw } from './lzw.ts'
import { bytesOf, numberOf, PackError, type Packed, pack, Unpacker } from './msgpack.ts'

export const PING = 0
export const INDIRECT_PING = 1
export const ACK = 2
export const SUSPECT = 3
export const ALIVE = 4
export const DEAD = 5
export const PUSH_PULL = 6
export const COMPOUND = 7
export const USER = 8
export const COMPRESS = 9
export const NACK = 11
export const HAS_CRC = 12
export const ERROR = 13
const HAS_LABEL = 244

/** Protocol and delegate versions, as the originals announce them. */
export const VERSIONS = Uint8Array.of(1, 5, 2, 0, 0, 0)

export const STREAM_BYTES_MAX = 20 << 20
const PACKET_BYTES_MAX = 64 << 10
const NESTING_MAX = 8

export interface Part {
  readonly type: number
  readonly body: Uint8Array
}

export function encode(type: number, message: Packed): Uint8Array {
  return join([Uint8Array.of(type), pack(message)])
}

/** Several messages in one packet; at most 255. */
export function compound(messages: readonly Uint8Array[]): Uint8Array {
  if (messages.length === 1) return messages[0] as Uint8Array
  const head = new Uint8Array(2 + messages.length * 2)
  head[0] = COMPOUND
  head[1] = messages.length
  messages.forEach((message, i) => {
    head[2 + i * 2] = message.length >> 8
    head[3 + i * 2] = message.length & 255
  })
  return join([head, ...messages])
}

export function withLabel(label: string, packet: Uint8Array): Uint8Array {
  if (label === '') return packet
  const name = new TextEncoder().encode(label)
  return join([Uint8Array.of(HAS_LABEL, name.length), name, packet])
}

/** What follows the label; undefined if it is not ours. */
export function stripLabel(label: string, packet: Uint8Array): Uint8Array | undefined {
  if (packet[0] !== HAS_LABEL) return label === '' ? packet : undefined
  const size = packet[1] ?? 0
  if (packet.length < 2 + size) return undefined
  const name = new TextDecoder().decode(packet.subarray(2, 2 + size))
  return name === label ? packet.subarray(2 + size) : undefined
}

/** The single messages of a packet. Throws on anything broken. */
export function partsOf(packet: Uint8Array, depth = 0): Part[] {
  if (depth > NESTING_MAX) throw new PackError('packet is nested too deeply')
  const type = packet[0]
  if (type === undefined) throw new PackError('empty packet')
  const body = packet.subarray(1)
  if (type === HAS_CRC) {
    if (body.length < 5) throw new PackError('packet is too short')
    const wanted = new DataView(body.buffer, body.byteOffset, 4).getUint32(0)
    const rest = body.subarray(4)
    if (crc32(rest) !== wanted) throw new PackError('checksum of packet is wrong')
    return partsOf(rest, depth + 1)
  }
  if (type === COMPRESS) return partsOf(decompress(body, PACKET_BYTES_MAX), depth + 1)
  if (type !== COMPOUND) return [{ type, body }]
  const count = body[0] ?? 0
  let at = 1 + count * 2
  const parts: Part[] = []
  for (let i = 0; i < count; i++) {
    const size = ((body[1 + i * 2] ?? 0) << 8) | (body[2 + i * 2] ?? 0)
    if (at + size > body.length) throw new PackError('compound packet is cut short')
    if (size > 0) parts.push(...partsOf(body.subarray(at, at + size), depth + 1))
    at += size
  }
  return parts
}

export function decompress(body: Uint8Array, sizeMax: number): Uint8Array {
  const message = new Unpacker(body).message()
  if (numberOf(message.Algo) !== 0) throw new PackError('unknown compression')
  return decompressLzw(bytesOf(message.Buf), sizeMax)
}

export function join(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
