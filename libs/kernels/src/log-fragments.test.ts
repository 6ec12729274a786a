import { seededRandom } from '@prom/testkit'
import { instantiateKernels, KERNEL_DATA_BYTES } from './kernels.ts'

const PAGE = 32768
const SOURCE = KERNEL_DATA_BYTES + 64
const TARGET = SOURCE + (1 << 20)
const kernels = instantiateKernels()
const bytes = Buffer.from(kernels.memory.buffer)
const random = seededRandom(21)
for (let i = 0; i < 1 << 18; i++) bytes[SOURCE + i] = Math.floor(random.next() * 256)

/** The plain twin. */
function fragments(length: number, flags: number, position: number) {
  const pieces: Buffer[] = []
  let at = position
  let done = 0
  let count = 0
  while (count === 0 || done < length) {
    const room = PAGE - (at % PAGE)
    if (room < 7) {
      pieces.push(Buffer.alloc(room))
      at += room
      continue
    }
    const size = Math.min(length - done, room - 7)
    const isLast = done + size === length
    const head = Buffer.alloc(7)
    head[0] = flags | (count === 0 ? (isLast ? 1 : 2) : isLast ? 4 : 3)
    head.writeUInt16BE(size, 1)
    head.writeUInt32BE(kernels.exports.crc32c(SOURCE + done, size, 0) >>> 0, 3)
    pieces.push(head, Buffer.from(bytes.subarray(SOURCE + done, SOURCE + done + size)))
    at += 7 + size
    done += size
    count++
  }
  return { count, all: Buffer.concat(pieces) }
}

test('a record is cut as its pages have it, wherever it begins', () => {
  const f = (length: number, position: number) => {
    bytes.fill(0xee, TARGET, TARGET + length + 4096)
    const size = kernels.exports.logFragments(SOURCE, length, 8, TARGET, position, SOURCE - 64)
    const { count, all } = fragments(length, 8, position)
    expect(bytes.readUInt32LE(SOURCE - 64)).toBe(count)
    expect(size).toBe(all.length)
    expect(bytes.subarray(TARGET, TARGET + size).equals(all)).toBe(true)
  }
  f(0, 0)
  f(1, PAGE - 8)
  f(PAGE, 0)
  for (let position = PAGE - 9; position <= PAGE; position++) f(100, position)
  for (let i = 0; i < 300; i++) {
    f(Math.floor(random.next() ** 3 * 200_000), Math.floor(random.next() * 5 * PAGE))
  }
})
