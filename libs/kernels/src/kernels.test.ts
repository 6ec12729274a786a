import { crc32c } from '@prom/bytes'
import { createKernelMemory, instantiateKernels, KERNEL_DATA_BYTES } from './index.ts'

test('the crc kernel agrees with its twin on every length and alignment', () => {
  const { memory, exports } = instantiateKernels()
  const bytes = new Uint8Array(memory.buffer)
  for (let i = 0; i < 400; i++) bytes[KERNEL_DATA_BYTES + i] = (i * 7919) >>> 3
  for (let start = 0; start < 9; start++) {
    for (let length = 0; length < 300; length++) {
      const at = KERNEL_DATA_BYTES + start
      const expected = crc32c(bytes.slice(at, at + length))
      expect(exports.crc32c(at, length, 0) >>> 0).toBe(expected)
    }
  }
  const half = exports.crc32c(KERNEL_DATA_BYTES, 11, 0)
  const whole = exports.crc32c(KERNEL_DATA_BYTES, 100, 0)
  expect(exports.crc32c(KERNEL_DATA_BYTES + 11, 89, half)).toBe(whole)
})

test('a second instance over the same memory changes nothing', () => {
  const memory = createKernelMemory(2 << 20)
  instantiateKernels(memory)
  const bytes = new Uint8Array(memory.buffer)
  bytes[KERNEL_DATA_BYTES] = 7
  const before = bytes.slice()
  instantiateKernels(memory)
  expect(Buffer.compare(before, bytes)).toBe(0)
})
