import { atOnce, inSlices } from './slices.ts'

/** Each step takes a millisecond of the clock; sleeps are counted. */
function createWork(steps: number) {
  let nowMs = 0
  let sleeps = 0
  const clock = {
    monotonic: () => nowMs,
    sleep: () => {
      sleeps++
      return Promise.resolve()
    },
  }
  function* work(): Generator<undefined, string> {
    for (let i = 0; i < steps; i++) {
      nowMs++
      yield undefined
    }
    return 'done'
  }
  return { clock, work, sleeps: () => sleeps }
}

test('short work is done without a pause, long work with one for every slice', async () => {
  const short = createWork(5)
  expect(await inSlices(short.work(), short.clock)).toBe('done')
  expect(short.sleeps()).toBe(0)
  const long = createWork(121)
  expect(await inSlices(long.work(), long.clock)).toBe('done')
  expect(long.sleeps()).toBe(10)
})

test('a fault of the work is one of the promise', async () => {
  // biome-ignore lint/correctness/useYield: it fails before it could.
  function* work(): Generator<undefined, void> {
    throw new Error('broken')
  }
  await expect(inSlices(work(), createWork(0).clock)).rejects.toThrow('broken')
  expect(() => atOnce(work())).toThrow('broken')
})
