import { Crash, CrashFiles } from './crash-files.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

test('keeps what was written before the process died, and a part of the last write', () => {
  const files = new CrashFiles(() => 0.5)
  files.mkdirSync('/data')
  const log = files.openSync('/data/log', 'w')
  log.write(bytes('first'))
  files.crashAfter = 1
  expect(() => log.write(bytes('second'))).toThrow(Crash)
  expect(() => files.listSync('/data')).toThrow(Crash)
  files.revive()
  expect(files.readTextSync('/data/log')).toBe('firstsec')
  expect(() => log.write(bytes('x'))).toThrow('dead process')
})

test('a full disk takes a part of a write, then refuses; a short write says so', () => {
  const files = new CrashFiles(() => 0.5)
  const file = files.openSync('/a', 'w')
  files.fault = ({ kind }) => (kind === 'write' ? 'ENOSPC' : undefined)
  expect(() => file.write(bytes('abcd'))).toThrow('ENOSPC: no space left on device')
  files.fault = () => 'short'
  expect(file.write(bytes('abcd'), 0)).toBe(2)
  files.fault = undefined
  expect(files.readTextSync('/a')).toBe('ab')
})

test('replacing a file leaves the old or the new one wherever it dies', () => {
  const seen = new Set<string>()
  for (let after = 1; after < 8; after++) {
    const files = new CrashFiles(() => 0.5)
    files.replaceSync('/meta', 'old')
    files.crashAfter = after
    try {
      files.replaceSync('/meta', 'new')
    } catch (err) {
      if (!(err instanceof Crash)) throw err
    }
    files.revive()
    seen.add(files.readTextSync('/meta'))
  }
  expect([...seen].sort()).toEqual(['new', 'old'])
})

test('folders move with their files and go file by file', () => {
  const files = new CrashFiles(() => 0)
  files.mkdirSync('/a/b')
  files.openSync('/a/b/1', 'w')
  files.openSync('/a/b/2', 'w')
  files.renameSync('/a', '/c')
  expect(files.paths()).toEqual(['/c/b/1', '/c/b/2'])
  files.crashAfter = 2
  expect(() => files.removeSync('/c')).toThrow(Crash)
  files.revive()
  expect(files.paths()).toEqual(['/c/b/2'])
  expect(() => files.openSync('/x/y', 'w')).toThrow('ENOENT')
})
