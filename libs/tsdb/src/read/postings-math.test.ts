import { seededRandom } from '@prom/testkit'
import { intersect, subtract, union } from './postings-math.ts'

test('lists agree with sets on random input', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = seededRandom(seed)
    const list = (size: number) =>
      Uint32Array.from(
        new Set(Array.from({ length: size }, () => Math.floor(random.next() * 300))),
      ).sort()
    const a = list(Math.floor(random.next() * 150))
    const b = list(Math.floor(random.next() * 20))
    const inB = new Set(b)
    expect([...intersect(a, b)]).toEqual([...a].filter((ref) => inB.has(ref)))
    expect([...intersect(b, a)]).toEqual([...a].filter((ref) => inB.has(ref)))
    expect([...subtract(a, b)]).toEqual([...a].filter((ref) => !inB.has(ref)))
    expect([...union([a, b, a])]).toEqual([...new Set([...a, ...b])].sort((x, y) => x - y))
  }
})
