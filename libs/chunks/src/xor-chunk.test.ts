import { instantiateKernels, KERNEL_DATA_BYTES } from '@prom/kernels'
import { decodeXor, XorEncoder } from './index.ts'

/** A small generator of numbers, so that a failure can be repeated from its seed. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

const kernels = instantiateKernels()
const bytes = new Uint8Array(kernels.memory.buffer)
const SOURCE = KERNEL_DATA_BYTES
const TIMES = SOURCE + 65536
const VALUES = TIMES + 8 * 1000

function decodeByKernel(chunk: Uint8Array, count: number) {
  bytes.set(chunk.subarray(2), SOURCE)
  const decoded = kernels.exports.xorDecode(SOURCE, chunk.length - 2, count, TIMES, VALUES)
  return {
    times: [...new Float64Array(kernels.memory.buffer, TIMES, decoded)],
    bits: [...new Uint32Array(kernels.memory.buffer, VALUES, decoded * 2)],
  }
}

function decodeByTwin(chunk: Uint8Array, count: number) {
  const times = new Float64Array(count)
  const bits = new Uint32Array(count * 2)
  const decoded = decodeXor(chunk, times, bits)
  return { times: [...times.subarray(0, decoded)], bits: [...bits.subarray(0, decoded * 2)] }
}

function encodeRandom(next: () => number, count: number) {
  const encoder = new XorEncoder()
  const times: number[] = []
  const bits: number[] = []
  const float = new Float64Array(1)
  const halves = new Uint32Array(float.buffer)
  let time = Math.floor((next() - 0.3) * 1e12)
  float[0] = next() * 100
  const style = next()
  for (let i = 0; i < count; i++) {
    time +=
      style < 0.3
        ? 15000
        : Math.floor(next() * 10 ** Math.floor(next() * (style < 0.6 ? 4 : 11))) + 1
    if (next() < 0.6) float[0] = style < 0.5 ? float[0]! + Math.floor(next() * 50) : next() * 1e9
    if (next() < 0.05) {
      halves[0] = Math.floor(next() * 2 ** 32)
      halves[1] = Math.floor(next() * 2 ** 32)
    }
    if (next() < 0.02) halves.set([2, 0x7ff00000])
    encoder.append(time, halves[1]!, halves[0]!)
    times.push(time)
    bits.push(halves[0]!, halves[1]!)
  }
  return { chunk: encoder.finish(), times, bits }
}

describe('xor chunks', () => {
  test('random samples come back bit for bit from kernel and twin', () => {
    for (let seed = 1; seed <= 400; seed++) {
      const next = random(seed)
      const count = 1 + Math.floor(next() * 250)
      const { chunk, times, bits } = encodeRandom(next, count)
      expect({ seed, ...decodeByTwin(chunk, count) }).toEqual({ seed, times, bits })
      expect({ seed, ...decodeByKernel(chunk, count) }).toEqual({ seed, times, bits })
    }
  })

  test('cut or flipped bytes end both decoders alike, inside their bounds', () => {
    for (let seed = 1; seed <= 2000; seed++) {
      const next = random(seed * 31)
      const { chunk } = encodeRandom(next, 40)
      const end = 2 + Math.floor(next() * (chunk.length - 2))
      const cut = chunk.slice(0, next() < 0.5 ? end : chunk.length)
      // Times stay within what a number can say exactly: only value bits are damaged.
      if (next() < 0.5) cut[cut.length - 1] = cut[cut.length - 1]! ^ (1 << Math.floor(next() * 8))
      bytes.fill(0xff, SOURCE, SOURCE + 4096)
      const kernel = decodeByKernel(cut, 40)
      const twin = decodeByTwin(cut, 40)
      expect(kernel.times.length).toBe(twin.times.length)
      expect(kernel.bits).toEqual(twin.bits)
    }
  })

  test('bytes are those of the format', () => {
    const encoder = new XorEncoder()
    encoder.append(1000, 0x3ff00000, 0)
    encoder.append(2000, 0x3ff00000, 0)
    encoder.append(3000, 0x40000000, 0)
    expect(Buffer.from(encoder.finish()).toString('hex')).toBe(
      '0003d00f3ff0000000000000e8073097ffc0',
    )
  })
})
