import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createOutput } from './output.ts'

function fakeStream() {
  const written: string[] = []
  const stream = {
    isTTY: true,
    listenerCount: () => 0,
    on: () => stream,
    write: (text: string, then?: () => void) => {
      if (text !== '') written.push(String(text))
      then?.()
      return true
    },
  }
  return { written, open: () => stream as unknown as NodeJS.WriteStream }
}

test('a file is written to at once, without a stream', () => {
  const folder = mkdtempSync(join(tmpdir(), 'output-'))
  const path = join(folder, 'out')
  const descriptor = openSync(path, 'w')
  const output = createOutput(descriptor, () => {
    throw new Error('no stream is needed')
  })
  output.write('a')
  output.write(Buffer.from('\u00e9\n'))
  output.write('')
  let isFlushed = false
  output.flush(() => {
    isFlushed = true
  })
  expect(readFileSync(path, 'utf8')).toBe('a\u00e9\n')
  expect(isFlushed).toBe(true)
  closeSync(descriptor)
  // Whoever read is gone: nothing is thrown.
  output.write('lost')
  rmSync(folder, { recursive: true })
})

test('what is neither file nor pipe goes through the stream, and so does all after a look at the terminal', () => {
  const { written, open } = fakeStream()
  const output = createOutput(99_999, open)
  output.write('a')
  expect(output.isTerminal).toBe(true)
  let isFlushed = false
  output.flush(() => {
    isFlushed = true
  })
  expect([written, isFlushed]).toEqual([['a'], true])
})
