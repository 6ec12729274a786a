import { FakeClock, seededRandom } from '@prom/testkit'
import { Wakeups } from './wakeups.ts'

test('each is called at its moment, in order', async () => {
  const clock = new FakeClock(0)
  const wakeups = new Wakeups(clock)
  const random = seededRandom(3)
  const called: number[] = []
  const wanted: number[] = []
  for (let i = 0; i < 500; i++) {
    const at = 1 + Math.floor(random.next() * 1000)
    wanted.push(at)
    wakeups.add(at, () => {
      expect(clock.now()).toBe(at)
      called.push(at)
    })
  }
  await clock.advance(1000)
  expect(called).toEqual(wanted.sort((a, b) => a - b))
  expect(clock.sleeping).toBe(0)
})

test('an earlier one is called first, a removed one never, and what is past soon', async () => {
  const clock = new FakeClock(1000)
  const wakeups = new Wakeups(clock)
  const called: string[] = []
  wakeups.add(1500, () => called.push('late'))
  const removed = wakeups.add(1200, () => called.push('removed'))
  wakeups.add(1100, () => {
    called.push('early')
    wakeups.add(900, () => called.push('past'))
    wakeups.add(1300, () => called.push('later'))
  })
  wakeups.remove(removed)
  await clock.advance(150)
  expect(called).toEqual(['early', 'past'])
  await clock.advance(1000)
  expect(called).toEqual(['early', 'past', 'later', 'late'])
  const last = wakeups.add(9000, () => {})
  expect(clock.sleeping).toBe(1)
  wakeups.remove(last)
  expect(clock.sleeping).toBe(0)
})
