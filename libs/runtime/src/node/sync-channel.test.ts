import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { createSyncChannel, createWorkerPort } from './index.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sync-'))
  buildSync({
    entryPoints: [join(__dirname, 'testdata/asking-thread.ts')],
    outfile: join(folder, 'asking.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
  })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a thread that works synchronously gets its answers, failures, and can give up a question', async () => {
  let answerLate = (_: number) => {}
  const channel = createSyncChannel(async (value: number) => {
    if (value === 2) throw new Error('two is not answered')
    if (value < 0) {
      return await new Promise<number>((resolve) => {
        answerLate = resolve
      })
    }
    return value * 10
  })
  const { end } = channel
  const options = { transferList: [end.port] }
  const port = createWorkerPort<number, string>(join(folder, 'asking.cjs'), { end }, options)
  try {
    expect(await port.call(1)).toBe('answer 10')
    expect(await port.call(2)).toBe('failed: two is not answered')
    expect(await port.call(-1)).toBe('failed: stopped')
    answerLate(7)
    expect(await port.call(3)).toBe('answer 30')
  } finally {
    await port.terminate()
    channel.close()
  }
})
