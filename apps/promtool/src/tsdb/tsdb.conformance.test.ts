/** Blocks the original wrote, read by both. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { runPromtool } from '../testing/run-promtool.ts'

const root = join(__dirname, '../../../..')
const shared = process.env.SHARED_DIR ?? join(root, '..', 'shared')
const bin = process.env.REFERENCE_BIN ?? join(homedir(), '.cache/prometheus-reference/bin')

let folder = ''
const files: Record<string, Uint8Array> = {}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'blocks-'))
  execFileSync('tar', ['xzf', join(shared, 'fixtures/tsdb/data/blocks.tar.gz'), '-C', folder])
  const walk = (path: string) => {
    for (const name of readdirSync(path)) {
      const full = join(path, name)
      if (statSync(full).isDirectory()) walk(full)
      else files[relative(folder, full)] = readFileSync(full)
    }
  }
  walk(folder)
})

afterAll(() => rmSync(folder, { recursive: true }))

const original = (...argv: string[]) =>
  execFileSync(join(bin, 'promtool'), argv, { cwd: folder, encoding: 'utf8', timeout: 30_000 })

test('lists are equal to the byte', async () => {
  for (const argv of [
    ['tsdb', 'list', 'blocks'],
    ['tsdb', 'list', '-r', 'blocks'],
  ]) {
    expect((await runPromtool(argv, files)).stdout).toBe(original(...argv))
  }
})

/** Lines of equal count have no order in the original. */
const sortTies = (text: string) =>
  text
    .split('\n\n')
    .map((block) => block.split('\n').sort().join('\n'))
    .join('\n\n')

test('an analysis has the same numbers', async () => {
  for (const argv of [
    ['tsdb', 'analyze', '--limit=1000', 'blocks'],
    ['tsdb', 'analyze', '--limit=1000', '--match=fx_churn', 'blocks'],
  ]) {
    expect(sortTies((await runPromtool(argv, files)).stdout)).toBe(sortTies(original(...argv)))
  }
})
