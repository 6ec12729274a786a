import { Labels, Matcher, type MatchType } from '@prom/labels'
import { seededRandom } from '@prom/testkit'
import { matchesAny } from './silence.ts'
import { SilenceIndex } from './silence-index.ts'

const TYPES: readonly MatchType[] = ['=', '=', '=', '=~', '!=', '!~']

test('a random walk finds every silence that matches, and none that was removed', () => {
  const random = seededRandom(5)
  const pick = (count: number) => Math.floor(random.next() * count)
  const index = new SilenceIndex()
  const known = new Map<string, Matcher[][]>()
  const matcher = () =>
    new Matcher(TYPES[pick(6)] as MatchType, `l${pick(4)}`, pick(5) === 0 ? '' : `v${pick(4)}`)
  const sets = () =>
    Array.from({ length: 1 + pick(2) }, () => Array.from({ length: 1 + pick(3) }, matcher))
  for (let step = 0; step < 3000; step++) {
    const id = `s${pick(60)}`
    const before = known.get(id)
    if (before) {
      index.remove(id, before)
      known.delete(id)
    } else {
      const added = sets()
      index.add(id, added)
      known.set(id, added)
    }
    const labels = Labels.from(
      [0, 1, 2, 3].map((i) => [`l${i}`, pick(3) === 0 ? '' : `v${pick(4)}`] as const),
    )
    const expected = [...known].filter(([, set]) => matchesAny(set, labels)).map(([name]) => name)
    const candidates = new Set<string>()
    index.candidates(labels, (name) => candidates.add(name))
    const found = [...candidates].filter((name) => matchesAny(known.get(name) ?? [], labels))
    expect(found.sort()).toEqual(expected.sort())
  }
})

test('an alert does not meet silences of other values', () => {
  const index = new SilenceIndex()
  for (let i = 0; i < 1000; i++) {
    index.add(`s${i}`, [[new Matcher('=', 'instance', `i${i}`), new Matcher('=~', 'a', '.*')]])
  }
  const found: string[] = []
  index.candidates(Labels.from({ a: 'x', instance: 'i7' }), (id) => found.push(id))
  expect(found).toEqual(['s7'])
})
