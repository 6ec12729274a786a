import { seededRandom } from '@prom/testkit'
import { decodeXor2 } from './index.ts'

const times = new Float64Array(1 << 16)
const bits = new Uint32Array(1 << 17)

test('bytes of any kind are read to their end at most, and never throw', () => {
  const random = seededRandom(11)
  for (let round = 0; round < 3000; round++) {
    const bytes = random.bytes(Math.floor(random.next() * 200))
    const claimed = bytes.length < 2 ? 0 : (bytes[0]! << 8) | bytes[1]!
    const count = decodeXor2(bytes, times, bits)
    expect(count).toBeLessThanOrEqual(claimed)
    expect(count).toBeLessThanOrEqual(bytes.length * 8)
  }
})

test('a chunk that is cut short holds fewer samples than it claims', () => {
  const whole = Buffer.from('00028080a0abfef9623ff000000000000080897ad8c42500', 'hex')
  expect(decodeXor2(whole, times, bits)).toBe(2)
  for (let end = 0; end < whole.length - 2; end++) {
    expect(decodeXor2(whole.subarray(0, end), times, bits)).toBeLessThan(2)
  }
})
