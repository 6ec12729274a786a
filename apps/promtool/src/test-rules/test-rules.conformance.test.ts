import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { runPromtool } from '../testing/run-promtool.ts'

const folder = join(__dirname, 'testdata')
const binaries = process.env.REFERENCE_BIN ?? join(homedir(), '.cache/prometheus-reference/bin')

test('the original promtool prints the same about the same tests', async () => {
  const promtool = join(binaries, 'promtool')
  expect(existsSync(promtool)).toBe(true)
  const argv = ['test', 'rules', 'test.yml']
  const theirs = spawnSync(promtool, argv, { cwd: folder, encoding: 'utf8', timeout: 30_000 })
  const read = (file: string) => readFileSync(join(folder, file), 'utf8')
  const ours = await runPromtool(argv, {
    'test.yml': read('test.yml'),
    'rules.yml': read('rules.yml'),
  })
  expect(ours).toEqual({ exitCode: theirs.status, stdout: theirs.stdout, stderr: theirs.stderr })
})
