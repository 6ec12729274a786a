import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { runUnitTests } from './unit-test.ts'
import { parseUnitTestFile } from './unit-test-file.ts'

const folder = join(__dirname, 'testdata')
const binaries = process.env.REFERENCE_BIN ?? join(homedir(), '.cache/prometheus-reference/bin')

test('the original promtool prints the same about the same tests', async () => {
  const promtool = join(binaries, 'promtool')
  expect(existsSync(promtool)).toBe(true)
  const theirs = spawnSync(promtool, ['test', 'rules', 'test.yml'], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 30_000,
  })
  expect(theirs.status).toBe(1)
  const read = (file: string) => readFileSync(join(folder, file), 'utf8')
  const parsed = parseUnitTestFile(read('test.yml'), 'test.yml')
  if ('error' in parsed) throw new Error(parsed.error)
  const results = await runUnitTests(parsed.file, [{ file: 'rules.yml', text: read('rules.yml') }])
  const ours = results.flatMap(({ errors }) => errors)
  expect(`  FAILED:\n${ours.join('\n')}\n`).toBe(theirs.stderr)
})
