import type { IngestControl } from '@prom/scrape'
import { StoragePart } from './storage-part.ts'
import { quietLog } from './testing/fakes.ts'

function start(open: () => Promise<unknown>) {
  const calls: string[] = []
  let die: (err?: Error) => void = () => {}
  const ended = new Promise<Error | undefined>((resolve) => {
    die = resolve
  })
  const ingest = { open, close: async () => calls.push('close') } as unknown as IngestControl
  const part = new StoragePart(
    { tsdb: { dir: 'data' }, offsetSeed: 0, toleranceMs: 2, tickMs: 60_000 },
    {
      log: quietLog,
      handle: { ingest, ended, terminate: async () => void calls.push('terminate') },
      onOpened: () => calls.push('opened'),
      onClosing: () => calls.push('closing'),
    },
  )
  const stop = new AbortController()
  const done = part.run(stop.signal, () => calls.push('ready'))
  return { calls, die, stop: () => stop.abort(), done }
}

test('storage opens, is ready, and closes before its thread is ended', async () => {
  const { calls, stop, done } = start(async () => ({}))
  await new Promise(setImmediate)
  stop()
  await done
  expect(calls).toEqual(['opened', 'ready', 'closing', 'close', 'terminate'])
})

test('storage that cannot be opened ends the server', async () => {
  const { calls, done } = start(async () => {
    throw new Error('lock DB directory: resource temporarily unavailable')
  })
  await expect(done).rejects.toThrow('lock DB directory')
  expect(calls).toEqual(['terminate'])
})

test('a thread that dies ends the server', async () => {
  for (const [err, message] of [
    [new Error('out of memory'), 'out of memory'],
    [undefined, 'ingest thread has ended'],
  ] as const) {
    const { die, done } = start(async () => ({}))
    die(err)
    await expect(done).rejects.toThrow(message)
  }
})
