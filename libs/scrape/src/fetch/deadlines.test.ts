import { FakeClock } from '@prom/testkit'
import { type Deadline, Deadlines } from './deadlines.ts'

test('what ends in time is left alone, the rest expires at its time', async () => {
  const clock = new FakeClock()
  const deadlines = new Deadlines(clock)
  const expired: string[] = []
  const make = (name: string): Deadline => ({
    dueMs: 0,
    index: -1,
    onExpired: () => expired.push(`${name} at ${clock.monotonic()}`),
  })
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(make) as [Deadline, Deadline, Deadline, Deadline]
  deadlines.begin(a, 1000)
  deadlines.begin(b, 500)
  deadlines.begin(c, 2000)
  deadlines.end(b)
  await clock.advance(600)
  deadlines.begin(d, 100)
  deadlines.end(c)
  await clock.advance(5000)
  expect(expired).toEqual(['d at 700', 'a at 1000'])
  deadlines.begin(b, 10_000)
  deadlines.end(b)
  deadlines.end(b)
  expect(clock.sleeping).toBe(1)
  deadlines.settle()
  expect(clock.sleeping).toBe(0)
})

test('time in which the thread was busy is given back', () => {
  let nowMs = 0
  let ring = () => {}
  const alarm = { set() {}, clear() {} }
  const clock = {
    ...{
      now: () => nowMs,
      monotonic: () => nowMs,
      sleep: async () => {},
      sleepUntil: async () => {},
    },
    alarm: (call: () => void) => {
      ring = call
      return alarm
    },
  }
  const deadlines = new Deadlines(clock)
  let expired = 0
  deadlines.begin({ dueMs: 0, index: -1, onExpired: () => expired++ }, 100)
  nowMs = 400 // 300 ms late.
  ring()
  expect(expired).toBe(0)
  nowMs = 700
  ring()
  expect(expired).toBe(1)
})
