import { seededRandom } from '@prom/testkit'
import { beginQuery, Workspace } from '../workspace.ts'
import { addPlaced, addToAccumulators, finishAccumulators, makeAccumulators } from './accumulate.ts'

const STEPS = 37

function makeColumn(random: () => number): { values: Float64Array; runs: number[] } {
  const values = Float64Array.from({ length: STEPS }, () => {
    const dice = random()
    if (dice < 0.02) return Number.NaN
    if (dice < 0.03) return Number.POSITIVE_INFINITY
    if (dice < 0.04) return Number.NEGATIVE_INFINITY
    if (dice < 0.08) return 1.7e308
    if (dice < 0.1) return -0
    return (random() - 0.5) * 10 ** Math.floor(random() * 20)
  })
  const first = Math.floor(random() * 10)
  const gap = first + Math.floor(random() * 10)
  const again = gap + Math.floor(random() * 5) + 1
  return { values, runs: [first, gap, again, STEPS] }
}

test.each([...['sum', 'avg', 'min', 'max', 'count', 'group', 'stddev', 'stdvar']])(
  '%s by kernel is bit for bit that of the loop',
  (op) => {
    const source = seededRandom(5)
    const random = () => source.next()
    for (let round = 0; round < 50; round++) {
      beginQuery()
      const space = Workspace.of(undefined)
      const column = space.take(STEPS)
      const placed = makeAccumulators(op, STEPS, space.take(STEPS * 3))
      const plain = makeAccumulators(op, STEPS)
      if (!column || placed.address === 0) throw new Error('no room')
      for (let series = 0; series < 8; series++) {
        const { values, runs } = makeColumn(random)
        const kinds = new Uint8Array(STEPS)
        for (let i = 0; i < runs.length; i += 2) kinds.fill(1, runs[i], runs[i + 1])
        column.floats.set(values)
        const { address } = column
        addPlaced(placed, { space, address, runs }, column.floats, kinds)
        addToAccumulators(plain, values, kinds)
      }
      const is = new Float64Array(STEPS)
      const expected = new Float64Array(STEPS)
      const kinds = new Uint8Array(STEPS)
      const expectedKinds = new Uint8Array(STEPS)
      const count = finishAccumulators(plain, expected, expectedKinds)
      expect(finishAccumulators(placed, is, kinds)).toBe(count)
      expect(kinds).toEqual(expectedKinds)
      for (let step = 0; step < STEPS; step++) {
        if (!Object.is(is[step], expected[step]))
          throw new Error(
            `seed 5, round ${round}, step ${step}: ${is[step]}, not ${expected[step]}`,
          )
      }
    }
  },
)
