import fc from 'fast-check'
import { MessageReader, MessageWriter } from './index.ts'

test('reads back every kind of field', () => {
  const bytes = new MessageWriter()
    .varint(1, -62135596800)
    .string(2, 'héllo')
    .double(3, -1.5)
    .packedUint64(4, [0n, 1n, 2n ** 64n - 1n])
    .message(5, (inner) => inner.bool(1, true).varint(2, 300))
    .finish()
  const reader = new MessageReader(bytes)
  expect([reader.field(), reader.number()]).toEqual([1, -62135596800])
  expect([reader.field(), reader.string()]).toEqual([2, 'héllo'])
  expect([reader.field(), reader.double()]).toEqual([3, -1.5])
  expect(reader.field()).toBe(4)
  const packed = reader.message()
  expect([packed.uint64(), packed.uint64(), packed.uint64()]).toEqual([0n, 1n, 2n ** 64n - 1n])
  expect(reader.field()).toBe(5)
  const inner = reader.message()
  expect([inner.field(), inner.bool(), inner.field(), inner.number()]).toEqual([1, true, 2, 300])
  expect(reader.field()).toBe(0)
})

test('numbers of any size survive', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      const reader = new MessageReader(new MessageWriter().varint(1, value).finish())
      if (value === 0) return reader.isAtEnd
      return reader.field() === 1 && reader.number() === value
    }),
  )
})

test('random bytes end in an error or in nothing, never in a hang', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const reader = new MessageReader(bytes)
      try {
        while (reader.field() !== 0) reader.skip()
      } catch (err) {
        return /proto:|unexpected EOF/.test((err as Error).message)
      }
      return reader.isAtEnd
    }),
  )
})

test('skipping returns the whole field, so unknown fields can be kept', () => {
  const bytes = new MessageWriter().string(12, 'later').finish()
  const reader = new MessageReader(bytes)
  reader.field()
  expect(reader.skip()).toEqual(bytes)
})
