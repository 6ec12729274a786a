import { FakeClock } from '@prom/testkit'
import { reportTo } from './service-report.ts'

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve))

function fakeManager(watchdogMs?: number) {
  const states: string[] = []
  const manager = {
    notify: (state: string) => states.push(state) > 0,
    ...(watchdogMs !== undefined && { watchdogMs }),
  }
  return { states, manager }
}

test('the watchdog hears of us twice in its time, from readiness until the end, draining included', async () => {
  const clock = new FakeClock()
  const { states, manager } = fakeManager(10_000)
  const report = reportTo(manager, clock)
  expect(states).toEqual([])
  report.ready()
  expect(states).toEqual(['READY=1', 'WATCHDOG=1'])
  await clock.advance(5000)
  await nextTurn()
  expect(states).toHaveLength(3)
  report.stopping()
  await clock.advance(5000)
  await nextTurn()
  expect(states.slice(3)).toEqual(['STOPPING=1', 'WATCHDOG=1'])
  report.end()
  await clock.advance(60_000)
  await nextTurn()
  expect(states).toHaveLength(5)
})

test('a service manager without a watchdog hears of readiness and the stop only', async () => {
  const clock = new FakeClock()
  const { states, manager } = fakeManager()
  const report = reportTo(manager, clock)
  report.ready()
  await clock.advance(60_000)
  report.stopping()
  report.end()
  expect(states).toEqual(['READY=1', 'STOPPING=1'])
})
