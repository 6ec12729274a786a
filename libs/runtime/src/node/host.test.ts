import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHost, glob, matchName } from './index.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'host-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('names match as Go filepath.Match says', () => {
  const f = (pattern: string, name: string, expected: boolean) =>
    expect([pattern, name, matchName(pattern, name)]).toEqual([pattern, name, expected])
  f('*', '.hidden', true)
  f('*.yml', 'a/b.yml', false)
  f('a?c', 'abc', true)
  f('[a-c]x', 'bx', true)
  f('[^a-c]x', 'bx', false)
  f('[^a-c]x', 'zx', true)
  f('\\*', '*', true)
  f('\\*', 'x', false)
  f('a.c', 'abc', false)
  f(`${'*'.repeat(40)}b`, 'a'.repeat(200), false)
  for (const bad of ['[', '[a', '[]a]', '[-]', 'a\\', '[a-', '[x-]'])
    expect(() => matchName(bad, 'a')).toThrow('syntax error in pattern')
})

test('glob finds files below folders that are patterns themselves, sorted', () => {
  for (const path of ['b', 'a', '.c']) {
    mkdirSync(join(folder, path))
    writeFileSync(join(folder, path, 'x.yml'), '')
    writeFileSync(join(folder, path, 'y.txt'), '')
  }
  expect(glob(`${folder}/*/*.yml`)).toEqual(
    ['.c', 'a', 'b'].map((path) => join(folder, path, 'x.yml')),
  )
  expect(glob(`${folder}/a/x.yml`)).toEqual([`${folder}/a/x.yml`])
  expect(glob(`${folder}/none/*.yml`)).toEqual([])
  expect(glob(`${folder}/none.yml`)).toEqual([])
})

test('replacing a file leaves the new content and nothing beside it', () => {
  const { files } = createHost(process)
  const path = join(folder, 'state')
  files.replaceSync(path, 'old')
  files.replaceSync(path, new Uint8Array([110, 101, 119]))
  expect(files.readTextSync(path)).toBe('new')
  expect(readdirSync(folder)).toEqual(['state'])
  expect(() => files.replaceSync(join(folder, 'none/state'), 'x')).toThrow('ENOENT')
})

test('an open file is read and written at offsets', () => {
  const { files } = createHost(process)
  const file = files.openSync(join(folder, 'f'), 'w')
  file.write(new Uint8Array([1, 2, 3, 4]))
  file.write(new Uint8Array([9]), 1)
  file.truncate(3)
  file.sync()
  expect(file.size()).toBe(3)
  file.close()
  expect([...files.readSync(join(folder, 'f'))]).toEqual([1, 9, 3])
  expect(files.statSync(join(folder, 'none'))).toBeUndefined()
  expect(files.statSync(folder)).toMatchObject({ isDirectory: true, isFile: false })
})

test('a sleep ends when its signal aborts', async () => {
  const { clock } = createHost(process)
  const stop = new AbortController()
  const sleeping = clock.sleep(1e12, stop.signal)
  stop.abort()
  await sleeping
  await clock.sleepUntil(0)
})

test('process facts are there', () => {
  const facts = createHost(process).process
  expect(facts.residentBytes()).toBeGreaterThan(1e6)
  expect(facts.virtualBytes()).toBeGreaterThan(facts.residentBytes())
  expect(facts.openFiles()).toBeGreaterThan(2)
  expect(facts.virtualMaxBytes?.()).toBeGreaterThan(facts.virtualBytes())
  expect(facts.networkBytes?.()?.received).toBeGreaterThanOrEqual(0)
  expect(facts.maxFiles()).toBeGreaterThan(2)
  expect(facts.cpuSeconds()).toBeGreaterThan(0)
})

test('a lock on a file is held by one opener at a time, until it closes', () => {
  const { files } = createHost(process)
  const path = join(folder, 'lock')
  const first = files.openSync(path, 'a')
  const second = files.openSync(path, 'a')
  expect(first.lock?.()).toBe(true)
  expect(second.lock?.()).toBe(false)
  first.close()
  expect(second.lock?.()).toBe(true)
  second.close()
})

test('the service manager is there when it waits for word, with its watchdog if that is meant for us', () => {
  const hostIn = (env: Record<string, string>) =>
    createHost(Object.create(process, { env: { value: env } })).serviceManager
  const NOTIFY_SOCKET = join(folder, 'nobody-reads')
  expect(hostIn({})).toBeUndefined()
  expect(hostIn({ NOTIFY_SOCKET })?.watchdogMs).toBeUndefined()
  const watched = { NOTIFY_SOCKET, WATCHDOG_USEC: '3000000' }
  expect(hostIn({ ...watched, WATCHDOG_PID: String(process.pid) })?.watchdogMs).toBe(3000)
  expect(hostIn({ ...watched, WATCHDOG_PID: '1' })?.watchdogMs).toBeUndefined()
  expect(hostIn({ NOTIFY_SOCKET })?.notify('READY=1')).toBe(false)
})
