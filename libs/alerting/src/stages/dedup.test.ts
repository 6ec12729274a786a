import { reasonToSend } from './dedup.ts'

const set = (...items: number[]) => new Set(items.map(BigInt))
const entry = (firing: number[], resolved: number[], atMs = 0) => ({
  firing: set(...firing),
  resolved: set(...resolved),
  atMs,
})

test('decides as the table of the original says', () => {
  const f = (
    known: ReturnType<typeof entry> | undefined,
    [firing, resolved]: readonly [number[], number[]],
    expected: string | undefined,
    { sendResolved = true, atMs = 0 } = {},
  ) =>
    expect(
      reasonToSend(known, {
        firing: set(...firing),
        resolved: set(...resolved),
        sendResolved,
        repeatIntervalMs: 100,
        atMs,
      }),
    ).toBe(expected)
  f(undefined, [[1], []], 'first notification')
  f(undefined, [[], [1]], undefined)
  f(entry([1], []), [[1, 2], []], 'new alerts added')
  f(entry([], [1]), [[1], []], 'first notification')
  f(entry([1], []), [[], [1]], 'all alerts resolved')
  f(entry([1], []), [[], [1]], 'all alerts resolved', { sendResolved: false })
  f(entry([], [1]), [[], [1]], undefined)
  f(entry([], [1]), [[], [1, 2]], undefined)
  f(entry([1, 2], []), [[1], [2]], 'some alerts resolved')
  f(entry([1, 2], []), [[1], [2]], undefined, { sendResolved: false })
  f(entry([1], []), [[1], []], undefined, { atMs: 100 })
  f(entry([1], []), [[1], []], 'repeat interval elapsed', { atMs: 101 })
})
