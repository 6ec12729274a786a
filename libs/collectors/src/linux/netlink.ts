/**
 * The netlink protocol, as far as we ask the kernel: a request is a header and the header of its kind; an answer is a
 * run of messages, each with attributes.
 *
 *   message    length (4)  type (2)  flags (2)  sequence (4)  port (4)  payload, padded to 4
 *   attribute  length (2)  type (2)  value, padded to 4
 */
import { NoDataError, type SystemFacts } from '../collector.ts'

const HEADER_BYTES = 16
const ATTRIBUTE_BYTES = 4
const REQUEST = 1
const DUMP = 0x300
const TYPE_MASK = 0x3fff
const NLMSG_ERROR = 2
const NLMSG_DONE = 3

/** Families of sockets. */
export const NETLINK_ROUTE = 0
export const NETLINK_SOCK_DIAG = 4
export const NETLINK_GENERIC = 16

export interface NetlinkMessage {
  readonly type: number
  readonly payload: Buffer
}

/** Asks for all objects of a kind. Throws NoDataError where the kernel cannot be asked. */
export function dumpNetlink(
  { kernel }: SystemFacts,
  family: number,
  type: number,
  header: Uint8Array,
): NetlinkMessage[] {
  return askNetlink({ kernel }, family, type, REQUEST | DUMP, header)
}

/** One request; `flags` besides those every request has. */
export function askNetlink(
  { kernel }: Pick<SystemFacts, 'kernel'>,
  family: number,
  type: number,
  flags: number,
  payload: Uint8Array,
): NetlinkMessage[] {
  if (!kernel) throw new NoDataError('netlink cannot be asked on this platform')
  const request = Buffer.alloc(HEADER_BYTES + payload.length)
  request.writeUInt32LE(request.length, 0)
  request.writeUInt16LE(type, 4)
  request.writeUInt16LE(flags | REQUEST, 6)
  request.writeUInt32LE(1, 8)
  request.set(payload, HEADER_BYTES)
  return kernel.netlink(family, request).flatMap(parseMessages)
}

export function parseMessages(bytes: Uint8Array): NetlinkMessage[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const messages: NetlinkMessage[] = []
  for (let at = 0; at + HEADER_BYTES <= buffer.length; ) {
    const length = buffer.readUInt32LE(at)
    if (length < HEADER_BYTES || at + length > buffer.length)
      throw new Error('netlink: message is cut')
    const type = buffer.readUInt16LE(at + 4)
    const payload = buffer.subarray(at + HEADER_BYTES, at + length)
    if (type === NLMSG_ERROR && payload.length >= 4) {
      const code = payload.readInt32LE(0)
      if (code !== 0) throw new Error(`netlink: error ${-code}`)
    } else if (type !== NLMSG_DONE) messages.push({ type, payload })
    at += (length + 3) & ~3
  }
  return messages
}

/** Attributes by type; of one that comes more often, the last. */
export function parseAttributes(bytes: Buffer, from = 0): Map<number, Buffer> {
  const attributes = new Map<number, Buffer>()
  for (let at = from; at + ATTRIBUTE_BYTES <= bytes.length; ) {
    const length = bytes.readUInt16LE(at)
    if (length < ATTRIBUTE_BYTES || at + length > bytes.length) break
    const type = bytes.readUInt16LE(at + 2) & TYPE_MASK
    attributes.set(type, bytes.subarray(at + ATTRIBUTE_BYTES, at + length))
    at += (length + 3) & ~3
  }
  return attributes
}

/** Every attribute of one type, in order. */
export function listAttributes(bytes: Buffer, type: number): Buffer[] {
  const found: Buffer[] = []
  for (let at = 0; at + ATTRIBUTE_BYTES <= bytes.length; ) {
    const length = bytes.readUInt16LE(at)
    if (length < ATTRIBUTE_BYTES || at + length > bytes.length) break
    if ((bytes.readUInt16LE(at + 2) & TYPE_MASK) === type) {
      found.push(bytes.subarray(at + ATTRIBUTE_BYTES, at + length))
    }
    at += (length + 3) & ~3
  }
  return found
}

/** One attribute as bytes. */
export function printAttribute(type: number, value: Uint8Array): Buffer {
  const bytes = Buffer.alloc((ATTRIBUTE_BYTES + value.length + 3) & ~3)
  bytes.writeUInt16LE(ATTRIBUTE_BYTES + value.length, 0)
  bytes.writeUInt16LE(type, 2)
  bytes.set(value, ATTRIBUTE_BYTES)
  return bytes
}

/** Text up to its first zero byte. */
export function textOf(bytes: Buffer | undefined): string {
  if (!bytes) return ''
  const end = bytes.indexOf(0)
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end)
}
