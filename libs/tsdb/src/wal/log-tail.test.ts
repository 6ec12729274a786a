import { createKernelMemory, instantiateKernels, KERNEL_DATA_BYTES } from '@prom/kernels'
import type { HostFiles } from '@prom/runtime'
import { MemoryFiles, seededRandom } from '@prom/testkit'
import { LogTail } from './log-tail.ts'
import { type LogOptions, LogWriter } from './log-writer.ts'

class Folder extends MemoryFiles {
  listSync = () => []
}

function startLog(compression: LogOptions['compression'] = 'snappy') {
  const files = new Folder() as unknown as HostFiles & MemoryFiles
  const kernels = instantiateKernels(createKernelMemory(8 << 20))
  const region = { address: KERNEL_DATA_BYTES, sizeBytes: 4 << 20 }
  const options = { dir: 'wal', segmentBytes: 1 << 20, compression }
  const writer = new LogWriter(options, files, kernels, region, 0)
  return { files, writer }
}

const record = (length: number, seed: number) =>
  Uint8Array.from({ length }, (_, i) => (i * 7 + seed * 31 + (i >> 5)) & 255)

test('records come as they are written, whatever their size and the page they cross', () => {
  for (const compression of ['none', 'snappy'] as const) {
    const { files, writer } = startLog(compression)
    const tail = new LogTail('wal', 0, files)
    const random = seededRandom(7)
    expect(tail.next()).toBeUndefined()
    for (let i = 0; i < 60; i++) {
      const sent = record(Math.floor(random.next() ** 4 * 100_000), i)
      writer.add(sent)
      writer.flush()
      if (writer.segment > 0) break
      expect(Buffer.from(tail.next() as Uint8Array).equals(Buffer.from(sent))).toBe(true)
      expect(tail.next()).toBeUndefined()
    }
    tail.close()
  }
})

test('a record that is there in part is waited for', () => {
  const { files, writer } = startLog('none')
  writer.add(record(50_000, 1))
  writer.flush()
  const whole = files.contents.get('wal/00000000') as Uint8Array
  files.contents.set('wal/00000000', whole.slice(0, 40_000))
  const tail = new LogTail('wal', 0, files)
  expect(tail.next()).toBeUndefined()
  files.contents.set('wal/00000000', whole)
  expect(tail.next()).toEqual(record(50_000, 1))
})

test('a damaged fragment is told with its place', () => {
  const { files, writer } = startLog('none')
  writer.add(record(100, 1))
  writer.flush()
  const bytes = (files.contents.get('wal/00000000') as Uint8Array).slice()
  bytes[50] = (bytes[50] as number) ^ 1
  files.contents.set('wal/00000000', bytes)
  expect(() => new LogTail('wal', 0, files).next()).toThrow(
    /corruption in segment wal\/00000000 at 107/,
  )
})
