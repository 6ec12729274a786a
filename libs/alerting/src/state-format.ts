/**
 * The state files `silences` and `nflog`, and the gossip payloads: messages, each after its length as a varint.
 *
 *   MeshSilence  1 silence  2 expires_at
 *   Silence      1 id  2 matchers (copy of set 0, for old readers)  3 starts_at  4 ends_at  5 updated_at
 *                7 comments {1 author 2 comment} (legacy, read only)  8 created_by  9 comment
 *                10 annotations {1 key 2 value}  11 matcher_sets {1 matchers}
 *   Matcher      1 type (0 =, 1 =~, 2 !=, 3 !~)  2 name  3 pattern
 *   MeshEntry    1 entry  2 expires_at
 *   Entry        1 group_key  2 receiver {1 group_name 2 integration 3 idx}  5 timestamp
 *                6 firing_alerts (packed)  7 resolved_alerts (packed)  8 receiver_data {1 key 2 {1 str | 2 int | 3 double}}
 *   Timestamp    1 seconds  2 nanos
 */
import type { MatchType } from '@prom/labels'
import { MessageError, MessageReader, MessageWriter } from '@prom/protobuf'
import type { ReceiverData, ReceiverValue } from '@prom/receivers'
import type { LogEntry } from './notification-log.ts'
import type { Silence, SilenceMatcher } from './silence.ts'

export interface Stored<T> {
  readonly value: T
  readonly expiresAtMs: number
}

const TYPES: readonly MatchType[] = ['=', '=~', '!=', '!~']
const EMPTY = new Uint8Array()
const FIRST_FIELD_TAG = 0x0a

/** One delimited MeshSilence. */
export function encodeSilence({ value, expiresAtMs }: Stored<Silence>): Uint8Array {
  const message = new MessageWriter()
    .present(1, encodeBareSilence(value))
    .message(2, (w) => time(w, expiresAtMs))
    .finish()
  return new MessageWriter().delimited(message).finish()
}

/** Size of the silence alone, as the size limit counts it. */
export function silenceSizeBytes(stored: Stored<Silence>): number {
  return new MessageWriter()
    .present(1, encodeBareSilence(stored.value))
    .message(2, (w) => time(w, stored.expiresAtMs))
    .finish().length
}

function encodeBareSilence(silence: Silence): Uint8Array {
  const writer = new MessageWriter().string(1, silence.id)
  for (const m of silence.matcherSets[0] ?? []) writer.message(2, (w) => matcher(w, m))
  writer
    .message(3, (w) => time(w, silence.startsAtMs))
    .message(4, (w) => time(w, silence.endsAtMs))
    .message(5, (w) => time(w, silence.updatedAtMs))
  writer.string(8, silence.createdBy).string(9, silence.comment)
  for (const [key, value] of silence.annotations) {
    writer.message(10, (w) => w.string(1, key).string(2, value))
  }
  for (const set of silence.matcherSets) {
    writer.message(11, (w) => {
      for (const m of set) w.message(1, (inner) => matcher(inner, m))
    })
  }
  return writer.raw(silence.unknown).finish()
}

function matcher(writer: MessageWriter, { type, name, pattern }: SilenceMatcher): void {
  writer.varint(1, TYPES.indexOf(type)).string(2, name).string(3, pattern)
}

function time(writer: MessageWriter, ms: number): void {
  const seconds = Math.floor(ms / 1000)
  writer.varint(1, seconds).varint(2, Math.round((ms - seconds * 1000) * 1e6))
}

/** One delimited MeshEntry. */
export function encodeLogEntry({ value, expiresAtMs }: Stored<LogEntry>): Uint8Array {
  const entry = new MessageWriter()
    .string(1, value.groupKey)
    .message(2, (w) =>
      w
        .string(1, value.receiver.groupName)
        .string(2, value.receiver.integration)
        .varint(3, value.receiver.index),
    )
    .message(5, (w) => time(w, value.atMs))
    .packedUint64(6, [...value.firing])
    .packedUint64(7, [...value.resolved])
  for (const [key, item] of value.receiverData) {
    entry.message(8, (w) => w.string(1, key).message(2, (inner) => receiverValue(inner, item)))
  }
  const message = new MessageWriter()
    .present(1, entry.finish())
    .message(2, (w) => time(w, expiresAtMs))
    .finish()
  return new MessageWriter().delimited(message).finish()
}

function receiverValue(writer: MessageWriter, item: ReceiverValue): void {
  if (item.kind === 'string') writer.present(1, new TextEncoder().encode(item.value))
  else if (item.kind === 'int') writer.varint(2, item.value)
  else writer.double(3, item.value)
}

export interface Decoded<T> {
  readonly items: readonly Stored<T>[]
  /** Bytes at the end that are no whole message: an append cut short. 0 when all was read. */
  readonly tornBytes: number
}

/** Throws `MessageError` on anything but whole messages followed by at most a piece of one. */
export function decodeSilences(bytes: Uint8Array): Decoded<Silence> {
  return decodeAll(bytes, (reader) => decodeSilence(reader))
}

export function decodeLogEntries(bytes: Uint8Array): Decoded<LogEntry> {
  return decodeAll(bytes, (reader) => decodeLogEntry(reader))
}

function decodeAll<T>(bytes: Uint8Array, decode: (reader: MessageReader) => T): Decoded<T> {
  const reader = new MessageReader(bytes)
  const items: Stored<T>[] = []
  while (!reader.isAtEnd) {
    const start = reader.offset
    let message: Uint8Array
    try {
      message = reader.delimited()
    } catch (err) {
      if (hasEntryAfter(bytes, start, decode)) {
        throw new MessageError(`the entry at byte ${start} is damaged: ${(err as Error).message}`)
      }
      return { items, tornBytes: bytes.length - start }
    }
    items.push(decodeStored(message, decode))
  }
  return { items, tornBytes: 0 }
}

function decodeStored<T>(message: Uint8Array, decode: (reader: MessageReader) => T): Stored<T> {
  let value: T | undefined
  let expiresAtMs = 0
  const fields = new MessageReader(message)
  for (let field = fields.field(); field !== 0; field = fields.field()) {
    if (field === 1) value = decode(fields.message())
    else if (field === 2) expiresAtMs = decodeTime(fields.message())
    else fields.skip()
  }
  if (value === undefined) throw new MessageError('message without content')
  return { value, expiresAtMs }
}

/**
 * True if a whole entry ends where the file ends: then `start` is no append cut short but damage in the middle, and
 * nothing may be dropped. Entries begin with the tag of their first field.
 */
function hasEntryAfter<T>(
  bytes: Uint8Array,
  start: number,
  decode: (reader: MessageReader) => T,
): boolean {
  for (let at = start + 1; at < bytes.length; at++) {
    try {
      const reader = new MessageReader(bytes.subarray(at))
      const message = reader.delimited()
      if (!reader.isAtEnd || message[0] !== FIRST_FIELD_TAG) continue
      if (decodeStored(message, decode).expiresAtMs > 0) return true
    } catch {
      // Not the beginning of an entry.
    }
  }
  return false
}

function decodeSilence(reader: MessageReader): Silence {
  const old: SilenceMatcher[] = []
  const matcherSets: SilenceMatcher[][] = []
  let legacy: { readonly author: string; readonly comment: string } | undefined
  const annotations: [string, string][] = []
  const unknown: Uint8Array[] = []
  let [id, createdBy, comment] = ['', '', '']
  let [startsAtMs, endsAtMs, updatedAtMs] = [0, 0, 0]
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) id = reader.string()
    else if (field === 2) old.push(decodeMatcher(reader.message()))
    else if (field === 3) startsAtMs = decodeTime(reader.message())
    else if (field === 4) endsAtMs = decodeTime(reader.message())
    else if (field === 5) updatedAtMs = decodeTime(reader.message())
    else if (field === 7) legacy ??= decodeComment(reader.message())
    else if (field === 8) createdBy = reader.string()
    else if (field === 9) comment = reader.string()
    else if (field === 10) annotations.push(decodePair(reader.message()))
    else if (field === 11) matcherSets.push(decodeMatcherSet(reader.message()))
    else unknown.push(reader.skip().slice())
  }
  if (matcherSets.length === 0 && old.length > 0) matcherSets.push(old)
  return {
    id,
    matcherSets,
    startsAtMs,
    endsAtMs,
    updatedAtMs,
    // Old files carry author and comment only in the list of comments.
    createdBy: createdBy === '' && legacy ? legacy.author : createdBy,
    comment: comment === '' && legacy ? legacy.comment : comment,
    annotations: new Map(annotations.sort(([a], [b]) => (a < b ? -1 : 1))),
    unknown: unknown.length === 0 ? EMPTY : concat(unknown),
  }
}

function decodeMatcherSet(reader: MessageReader): SilenceMatcher[] {
  const matchers: SilenceMatcher[] = []
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) matchers.push(decodeMatcher(reader.message()))
    else reader.skip()
  }
  return matchers
}

function decodeMatcher(reader: MessageReader): SilenceMatcher {
  let [type, name, pattern] = [0, '', '']
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) type = reader.number()
    else if (field === 2) name = reader.string()
    else if (field === 3) pattern = reader.string()
    else reader.skip()
  }
  const known = TYPES[type]
  if (!known) throw new MessageError(`unknown matcher type ${type}`)
  return { type: known, name, pattern }
}

function decodeComment(reader: MessageReader): { author: string; comment: string } {
  let [author, comment] = ['', '']
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) author = reader.string()
    else if (field === 2) comment = reader.string()
    else reader.skip()
  }
  return { author, comment }
}

function decodePair(reader: MessageReader): [string, string] {
  let [key, value] = ['', '']
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) key = reader.string()
    else if (field === 2) value = reader.string()
    else reader.skip()
  }
  return [key, value]
}

function decodeLogEntry(reader: MessageReader): LogEntry {
  const receiver = { groupName: '', integration: '', index: 0 }
  const receiverData: ReceiverData = new Map()
  const firing = new Set<bigint>()
  const resolved = new Set<bigint>()
  let groupKey = ''
  let atMs = 0
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) groupKey = reader.string()
    else if (field === 2) {
      const inner = reader.message()
      for (let f = inner.field(); f !== 0; f = inner.field()) {
        if (f === 1) receiver.groupName = inner.string()
        else if (f === 2) receiver.integration = inner.string()
        else if (f === 3) receiver.index = inner.number()
        else inner.skip()
      }
    } else if (field === 5) atMs = decodeTime(reader.message())
    else if (field === 6 || field === 7) readHashes(reader, field === 6 ? firing : resolved)
    else if (field === 8) decodeReceiverData(reader.message(), receiverData)
    else reader.skip()
  }
  return { groupKey, receiver, atMs, firing, resolved, receiverData }
}

function readHashes(reader: MessageReader, into: Set<bigint>): void {
  if (!reader.isPacked) {
    into.add(reader.uint64())
    return
  }
  const packed = reader.message()
  while (!packed.isAtEnd) into.add(packed.uint64())
}

function decodeReceiverData(reader: MessageReader, into: ReceiverData): void {
  let key = ''
  let item: ReceiverValue | undefined
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) key = reader.string()
    else if (field === 2) {
      const inner = reader.message()
      for (let f = inner.field(); f !== 0; f = inner.field()) {
        if (f === 1) item = { kind: 'string', value: inner.string() }
        else if (f === 2) item = { kind: 'int', value: inner.number() }
        else if (f === 3) item = { kind: 'double', value: inner.double() }
        else inner.skip()
      }
      item ??= { kind: 'int', value: 0 }
    } else reader.skip()
  }
  if (item) into.set(key, item)
}

function decodeTime(reader: MessageReader): number {
  let seconds = 0
  let nanos = 0
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) seconds = reader.number()
    else if (field === 2) nanos = reader.number()
    else reader.skip()
  }
  return seconds * 1000 + Math.floor(nanos / 1e6)
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const writer = new MessageWriter()
  for (const part of parts) writer.raw(part)
  return writer.finish()
}
