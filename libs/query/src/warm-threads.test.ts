import { Labels } from '@prom/labels'
import { MemoryStorage } from '@prom/storage'
import { FakeClock } from '@prom/testkit'
import type { ThreadAnswer } from './messages.ts'
import { warmThreads } from './warm-threads.ts'
import { WarmUp, type WarmUpDeps } from './warm-up.ts'

const NOW = 1_700_000_000_000
const OPTIONS = { engine: { lookbackMs: 300_000, parse: {}, features: {} }, samplesMax: 1e6 }

/** Two targets with `names` each, a sample every 15 s for 15 minutes. */
function store(names: readonly string[]): MemoryStorage {
  const storage = new MemoryStorage()
  const appender = storage.appender()
  for (const name of names) {
    for (const instance of ['a', 'b']) {
      const le: Record<string, string> = name.endsWith('_bucket') ? { le: '+Inf' } : {}
      const labels = Labels.from({ __name__: name, instance, ...le })
      for (let i = 60; i >= 0; i--) appender.append(0, labels, NOW - i * 15_000, 60 - i)
    }
  }
  appender.commit()
  return storage
}

function warmUpOver(names: readonly string[], more: Partial<WarmUpDeps> = {}) {
  const storage = store(names)
  let selections = 0
  const source: ReturnType<WarmUpDeps['open']> = {
    querier: (mint, maxt) => {
      selections++
      return storage.querier(mint, maxt)
    },
  }
  const facts = () => ({ series: 2 * names.length, maxTimeMs: NOW })
  const deps = { open: () => source, facts, clock: new FakeClock(), ...more }
  return { warmUp: new WarmUp(OPTIONS, deps), count: () => selections }
}

describe('what a thread runs before the first query', () => {
  test('is nothing while there are no series', () => {
    const { warmUp, count } = warmUpOver([])
    expect(warmUp.step()).toBe('nothing')
    expect(count()).toBe(0)
  })

  test('is every panel several times over, and then it is done', () => {
    const { warmUp, count } = warmUpOver(['x_total', 'x_bytes', 'x_bucket'])
    expect(warmUp.step()).toBe('done')
    expect(count()).toBe(1 + 9 * 8)
  })

  test('goes on later when its slice of time is over, and ends when all of its time is', () => {
    let nowMs = 0
    const clock = { monotonic: () => (nowMs += 1) }
    const { warmUp } = warmUpOver(['x_total', 'x_bytes'], { clock })
    const states = Array.from({ length: 3 }, () => warmUp.step())
    expect(states).toEqual(['more', 'more', 'more'])
    let steps = 3
    while (warmUp.step() === 'more') steps++
    expect(steps).toBeLessThan(20)
  })

  test('is tried again when the head cannot be read just now', () => {
    let isBusy = true
    const storage = store(['x_total'])
    const source: ReturnType<WarmUpDeps['open']> = {
      querier: (mint, maxt) => {
        if (isBusy) throw new Error('selection is too large')
        return storage.querier(mint, maxt)
      },
    }
    const { warmUp } = warmUpOver(['x_total'], { open: () => source })
    expect(warmUp.step()).toBe('nothing')
    isBusy = false
    expect(warmUp.step()).toBe('done')
  })
})

describe('threads are warmed up', () => {
  const portOf = (states: string[]) => () => ({
    call: async () => ({ strings: [states.shift() as string] }) as unknown as ThreadAnswer,
  })

  test('until each says it is done', async () => {
    const [first, second] = [
      ['more', 'more', 'done'],
      ['more', 'done'],
    ] as const
    const left = [[...first], [...second]]
    expect(await warmThreads(left.map(portOf), () => false)).toBe(true)
    expect(left).toEqual([[], []])
  })

  test('not while there are queries, and not over nothing', async () => {
    const states = ['done']
    expect(await warmThreads([portOf(states)], () => true)).toBe(false)
    expect(states).toEqual(['done'])
    expect(await warmThreads([portOf(['nothing'])], () => false)).toBe(false)
  })

  test('and a thread that ends meanwhile is left alone', async () => {
    const port = () => ({ call: () => Promise.reject(new Error('thread has ended')) })
    expect(await warmThreads([port], () => false)).toBe(false)
  })
})
