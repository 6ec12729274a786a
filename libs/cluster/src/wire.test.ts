import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { addressBytes, isPrivate, joinHostPort, printAddress } from './address.ts'
import { BroadcastQueue, transmitLimit } from './broadcast-queue.ts'
import { decompressLzw } from './lzw.ts'
import { bytesOf, NeedMoreError, numberOf, pack, textOf, Unpacker } from './msgpack.ts'
import {
  ALIVE,
  COMPRESS,
  compound,
  encode,
  join,
  PING,
  partsOf,
  stripLabel,
  withLabel,
} from './wire.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

test('messages are the old MessagePack: sorted keys, raw texts, nil for no bytes', () => {
  const packed = pack({
    SeqNo: 300,
    Node: 'n',
    Payload: new Uint8Array(),
    Nack: true,
    A: 'x'.repeat(40),
  })
  expect(hex(packed)).toBe(
    `85a141da0028${'78'.repeat(40)}a44e61636bc3a44e6f6465a16ea75061796c6f6164c0a55365714e6fcd012c`,
  )
  const read = new Unpacker(packed).message()
  expect([numberOf(read.SeqNo), textOf(read.Node), bytesOf(read.Payload), read.Nack]).toEqual([
    300,
    'n',
    new Uint8Array(),
    true,
  ])
  expect(() => new Unpacker(packed.subarray(0, 20)).message()).toThrow(NeedMoreError)
})

test('the newer forms of texts and bytes are read too', () => {
  const bytes = Buffer.from('82a14ed901' + '61' + 'a142c402' + '0102', 'hex')
  const read = new Unpacker(bytes).message()
  expect([textOf(read.N), [...bytesOf(read.B)]]).toEqual(['a', [1, 2]])
})

/** The other direction, as Go writes it; only tests need it. */
function compressLzw(input: Uint8Array): Uint8Array {
  const out: number[] = []
  let bits = 0
  let count = 0
  let width = 9
  let next = 257
  const emit = (code: number) => {
    bits |= code << count
    count += width
    while (count >= 8) {
      out.push(bits & 255)
      bits >>>= 8
      count -= 8
    }
  }
  let table = new Map<string, number>()
  emit(256)
  let current = ''
  const codeOf = (text: string) =>
    text.length === 1 ? text.charCodeAt(0) : (table.get(text) as number)
  for (const byte of input) {
    const char = String.fromCharCode(byte)
    if (current === '' || table.has(current + char)) {
      current += char
      continue
    }
    emit(codeOf(current))
    next++
    if (next >= 1 << width && width < 12) width++
    if (next >= 4095) {
      emit(256)
      table = new Map()
      width = 9
      next = 257
    } else table.set(current + char, next)
    current = char
  }
  if (current !== '') {
    emit(codeOf(current))
    next++
    if (next >= 1 << width && width < 12) width++
  }
  emit(257)
  if (count > 0) out.push(bits & 255)
  return Uint8Array.from(out)
}

test('LZW is undone, whatever was compressed, up to a limit', () => {
  const f = (input: Uint8Array) => expect(decompressLzw(compressLzw(input), 1 << 20)).toEqual(input)
  f(new Uint8Array())
  f(Uint8Array.of(1, 1, 1, 1, 1, 1, 1))
  f(new TextEncoder().encode('TOBEORNOTTOBEORTOBEORNOT'.repeat(400)))
  f(Uint8Array.from({ length: 30_000 }, (_, i) => (i * 7919) >>> 3))
  const bomb = compressLzw(new Uint8Array(100_000))
  expect(() => decompressLzw(bomb, 1000)).toThrow('too large')
  expect(() => decompressLzw(Uint8Array.of(0xff, 0xff, 0xff), 1000)).toThrow()
})

test('packets come apart again: compound, checksum, compression', () => {
  const ping = encode(PING, { SeqNo: 1 })
  const alive = encode(ALIVE, { Node: 'x' })
  const both = compound([ping, alive])
  expect(partsOf(both).map(({ type }) => type)).toEqual([PING, ALIVE])
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(both))
  expect(partsOf(join([Uint8Array.of(12), sum, both]))).toHaveLength(2)
  sum[0] = (sum[0] as number) ^ 1
  expect(() => partsOf(join([Uint8Array.of(12), sum, both]))).toThrow('checksum')
  const packed = encode(COMPRESS, { Algo: 0, Buf: compressLzw(both) })
  expect(partsOf(packed).map(({ type }) => type)).toEqual([PING, ALIVE])
})

test('only packets with our label are ours', () => {
  const packet = Uint8Array.of(1, 2, 3)
  expect(stripLabel('a', withLabel('a', packet))).toEqual(packet)
  expect(stripLabel('b', withLabel('a', packet))).toBeUndefined()
  expect(stripLabel('', withLabel('a', packet))).toBeUndefined()
  expect(stripLabel('a', packet)).toBeUndefined()
})

test('random packets end in parts or an error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (packet) => {
      try {
        for (const { body } of partsOf(packet)) new Unpacker(body).message()
      } catch (err) {
        return err instanceof Error
      }
      return true
    }),
    { numRuns: 2000 },
  )
})

test('addresses print as they were', () => {
  const f = (text: string) => expect(printAddress(addressBytes(text))).toBe(text)
  f('10.1.2.3')
  expect(printAddress(addressBytes('fd00::1'))).toBe('fd00:0:0:0:0:0:0:1')
  expect(joinHostPort('fd00::1', 5)).toBe('[fd00::1]:5')
  expect(['10.0.0.1', '172.31.0.1', '172.32.0.1', '8.8.8.8', 'fd00::1'].map(isPrivate)).toEqual([
    true,
    true,
    false,
    false,
    true,
  ])
})

test('news is told a limited number of times, later news about the same replaces it', () => {
  const queue = new BroadcastQueue()
  const of = (n: number) => Uint8Array.of(n, n)
  queue.push(of(1), 'a')
  queue.push(of(2), 'a')
  queue.push(of(3))
  expect(queue.take(100, 2, 2).map((bytes) => bytes[0])).toEqual([2, 3])
  expect(queue.take(5, 2, 2).map((bytes) => bytes[0])).toEqual([2])
  expect(queue.take(100, 2, 2).map((bytes) => bytes[0])).toEqual([3])
  expect(queue.take(100, 2, 2)).toEqual([])
  for (let i = 0; i < 10; i++) queue.push(of(i))
  expect([queue.prune(4), queue.length]).toEqual([6, 4])
  expect([transmitLimit(4, 1), transmitLimit(4, 10), transmitLimit(4, 100)]).toEqual([4, 8, 12])
})
