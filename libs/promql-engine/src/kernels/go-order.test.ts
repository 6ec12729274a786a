import { seededRandom } from '@prom/testkit'
import { sortLikeOriginal } from './go-order.ts'

function sorted(values: readonly number[]): number[] {
  const all = [...values]
  const data = {
    less: (i: number, j: number) => (all[i] as number) < (all[j] as number),
    swap: (i: number, j: number) => {
      const value = all[i] as number
      all[i] = all[j] as number
      all[j] = value
    },
  }
  sortLikeOriginal(data, all.length)
  return all
}

const random = seededRandom(11)
const shapes: Record<string, (i: number, length: number) => number> = {
  random: () => random.next(),
  'few values': () => Math.floor(random.next() * 3),
  ascending: (i) => i,
  descending: (i) => -i,
  'nearly ascending': (i) => (i % 97 === 5 ? 0 : i),
  'up and down': (i, length) => Math.min(i, length - i),
  zigzag: (i) => (i % 2 === 0 ? i : -i),
}

test.each(Object.keys(shapes))('%s values end in order', (name) => {
  for (const length of [0, 1, 2, 11, 12, 13, 49, 50, 51, 200, 1000, 5000]) {
    const make = shapes[name] as (i: number, length: number) => number
    const values = Array.from({ length }, (_, i) => make(i, length))
    expect(sorted(values)).toEqual([...values].sort((a, b) => a - b))
  }
})
