import {
  createKernelMemory,
  instantiateKernels,
  KERNEL_DATA_BYTES,
  POWERS_BYTES,
  writePowers,
} from './index.ts'

const { memory, exports: kernels } = instantiateKernels(createKernelMemory(4 << 20))
const POWERS = KERNEL_DATA_BYTES
const VALUES = (POWERS + POWERS_BYTES + 7) & ~7
const ENDS = VALUES + 8192 * 8
const TEXTS = ENDS + 8192 * 4
const TARGET = TEXTS + 8192 * 32
const values = new Float64Array(memory.buffer, VALUES, 8192)
writePowers(new DataView(memory.buffer), POWERS)

const text = (from: number, to: number) =>
  Buffer.from(new Uint8Array(memory.buffer, from, to - from)).toString('latin1')

function printAll(numbers: Float64Array): string[] {
  values.set(numbers)
  kernels.printFloats(VALUES, numbers.length, ENDS, POWERS, TARGET)
  const ends = new Uint32Array(memory.buffer, ENDS, numbers.length)
  return Array.from(ends, (end, i) => text(TARGET + (ends[i - 1] ?? 0), TARGET + end))
}

/** What the kernel must print: the digits of JavaScript, in the forms of Go. */
function oracle(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value < 0 ? '-Inf' : '+Inf'
  if (Object.is(value, -0)) return '-0'
  const size = Math.abs(value)
  if (size === 0 || (size >= 1e-6 && size < 1e21)) return String(value)
  const [digits, exponent] = value.toExponential().split('e') as [string, string]
  return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`
}

const check = (numbers: readonly number[] | Float64Array) => {
  const all = Float64Array.from(numbers)
  for (let at = 0; at < all.length; at += 8192) {
    const part = all.subarray(at, at + 8192)
    expect(printAll(part)).toEqual(Array.from(part, oracle))
  }
}

test('edges print as they should', () => {
  check([0, -0, 1, -1, 10, 100, 0.1, 0.5, 1.5, -2.25, 123456789, 999999999, 1e9])
  check([NaN, Infinity, -Infinity, 5e-324, 1e-323, 2.2250738585072014e-308, 2.225073858507201e-308])
  check([1.7976931348623157e308, 2 ** 53, 2 ** 53 - 1, 2 ** 53 + 2, 2 ** 63, 2 ** 64, 1e15, 1e16])
  check([1e20, 1e21, 1e22, 123456789012345680000, 1.5e21, -1e21, 1e-5, 1e-6, 1e-7, 1.5e-7, -1e-6])
  check([9.5367431640625e-7, 0.30000000000000004, 2 / 3, 9007199254740992, 4.35, 1e100, 1e-100])
})

test('powers of two and ten, and their neighbours', () => {
  const bits = new BigUint64Array(1)
  const float = new Float64Array(bits.buffer)
  const all: number[] = []
  const around = (value: number) => {
    float[0] = value
    const middle = bits[0] as bigint
    for (const offset of [-2n, -1n, 0n, 1n, 2n]) {
      bits[0] = BigInt.asUintN(64, middle + offset)
      all.push(float[0] as number)
    }
  }
  for (let e = -1074; e < 1024; e++) around(2 ** e)
  for (let e = -323; e < 309; e++) around(Number(`1e${e}`))
  check(all.filter((value) => Number.isFinite(value)))
})

test('random bits, decimals and quotients', () => {
  let state = 0x9e3779b97f4a7c15n
  const next = () => {
    state ^= (state << 13n) & 0xffffffffffffffffn
    state ^= state >> 7n
    state ^= (state << 17n) & 0xffffffffffffffffn
    return state
  }
  const rounds = Number(process.env.FLOATS ?? 40_000)
  const bits = new BigUint64Array(rounds)
  for (let i = 0; i < rounds; i++) bits[i] = next()
  check(new Float64Array(bits.buffer))
  check(Float64Array.from({ length: rounds }, () => Number(next() % 1000000n) / 1000))
  check(Float64Array.from({ length: rounds }, () => Number(next() % 100000n) / 60))
  check(Float64Array.from({ length: rounds }, () => Number(next() >> 8n)))
})

test('points carry the text of their time', () => {
  values.set([1, 2.5, Number.NaN])
  const times = ['[1,"', '[1700000000.123,"', '[-1,"']
  times.forEach((time, i) => {
    const at = TEXTS + i * 32
    Buffer.from(memory.buffer as unknown as ArrayBuffer, at, 32).write(time, 'latin1')
    new Uint8Array(memory.buffer)[at + 31] = time.length
  })
  const end = kernels.printPoints(VALUES, 3, TEXTS, POWERS, TARGET)
  expect(text(TARGET, end)).toBe('[1,"1"],[1700000000.123,"2.5"],[-1,"NaN"],')
})
