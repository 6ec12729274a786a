import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFiles } from '@prom/runtime/node'
import { KernelFiles } from './kernel-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'kernel-files-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const ENOENT = -2
const EIO = -5
const files = createFiles()

/** A call of the addon that has one answer for every file. */
const answering = (answer: string | number) => (_path: string, into: Buffer, isSingle: boolean) =>
  typeof answer === 'number' ? answer : into.write(answer, 0, isSingle ? 128 : into.length)

test('the call of the addon is asked first, and what it has is taken', () => {
  const sys = new KernelFiles(files, folder, answering(' 42 \n'))
  expect(sys.text('nothing')).toBe(' 42 \n')
  expect(sys.attribute('nothing')).toBe('42')
  expect(sys.attributeIfThere('nothing')).toBe('42')
})

test('an optional attribute that is not there costs no exception, another fault is told', () => {
  expect(new KernelFiles(files, folder, answering(ENOENT)).attributeIfThere('x')).toBeUndefined()
  const missing = new KernelFiles(files, folder, answering(EIO))
  expect(() => missing.attribute('x')).toThrow('ENOENT')
})

test('a file that is larger than the buffer comes whole, by the host', () => {
  const text = 'x'.repeat(200_000)
  writeFileSync(join(folder, 'large'), text)
  const sys = new KernelFiles(files, folder, answering(text))
  expect(sys.text('large')).toBe(text)
})
