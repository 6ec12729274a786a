import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { createWorkerPort, type WorkerPort } from './index.ts'

type EchoPort = WorkerPort<{ do: string; bytes?: Uint8Array }, unknown, string>

let folder = ''
let port: EchoPort

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'worker-'))
  buildSync({
    entryPoints: [join(__dirname, 'testdata/echo-thread.ts')],
    outfile: join(folder, 'echo.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
  })
})
beforeEach(() => {
  port = createWorkerPort(join(folder, 'echo.cjs'), { factor: 2 })
})
afterEach(() => port.close())
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a request is answered by the thread, and what it transfers arrives', async () => {
  const bytes = new Uint8Array([1, 2])
  const answer = port.call({ do: 'double', bytes }, [bytes.buffer])
  expect(bytes.length).toBe(0)
  expect(await answer).toEqual(new Uint8Array([2, 4]))
})

test('events reach every listener', async () => {
  const told: string[] = []
  port.onEvent((event) => told.push(event))
  await port.call({ do: 'tell' })
  expect(told).toEqual(['told'])
})

test('a failure keeps its message and plain fields', async () => {
  await expect(port.call({ do: 'fail' })).rejects.toMatchObject({
    message: 'bad request',
    errorType: 'bad_data',
  })
})

test('calls under way reject when the thread ends, and so do later ones', async () => {
  const hanging = port.call({ do: 'hang' })
  const exits: unknown[] = []
  port.onExit((err) => exits.push(err))
  await expect(Promise.race([hanging, port.call({ do: 'exit' })])).rejects.toThrow(
    'thread has ended',
  )
  await expect(hanging).rejects.toThrow('thread has ended')
  await expect(port.call({ do: 'tell' })).rejects.toThrow('thread has ended')
  expect(exits).toEqual([undefined])
})
