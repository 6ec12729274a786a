/** The original's `promtool check config` and this lib say the same of every file of the corpus. */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigLoadError } from './errors.ts'
import { loadPrometheusConfig } from './load.ts'
import { CORPUS } from './testing/corpus.ts'
import { DISCOVERY_CORPUS } from './testing/discovery-corpus.ts'

const bin = process.env.REFERENCE_BIN ?? join(homedir(), '.cache/prometheus-reference/bin')
const promtool = join(bin, 'promtool')

/** The original's verdict: its text after FAILED, or nothing. */
function theirs(folder: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const args = ['check', 'config', '--syntax-only', 'p.yml']
    execFile(promtool, args, { cwd: folder, timeout: 20_000 }, (err, _stdout, stderr) => {
      if (err && typeof err.code !== 'number') reject(err)
      else resolve(err ? stderr.replace(/^ {2}FAILED: /, '').trimEnd() : '')
    })
  })
}

async function ours(text: string): Promise<string> {
  const files = { readText: async () => text, glob: () => [] }
  try {
    await loadPrometheusConfig(files, 'p.yml')
    return ''
  } catch (err) {
    if (!(err instanceof ConfigLoadError)) throw err
    return err.message
  }
}

test('the original is installed', () => expect(existsSync(promtool)).toBe(true))

test('ours and the original agree on every file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'corpus-'))
  const differences: string[] = []
  for (const [text, agreement = 'same'] of [...CORPUS, ...DISCOVERY_CORPUS]) {
    writeFileSync(join(folder, 'p.yml'), text)
    const want = await theirs(folder)
    const got = await ours(text)
    const plain = got.replace(/ ?\(line \d+\)$/, '').trimEnd()
    let isEqual = want === plain
    if (agreement === 'words') isEqual = want !== '' && got !== ''
    if (agreement === 'later') isEqual = want !== '' && got === ''
    if (!isEqual)
      differences.push(`${JSON.stringify(text)}\n  original: ${want}\n  ours:     ${got}`)
    if (got !== '' && !/line \d+/.test(got)) differences.push(`${text}\n  has no line: ${got}`)
  }
  rmSync(folder, { recursive: true })
  expect(differences.join('\n')).toBe('')
  expect(CORPUS.length).toBeGreaterThan(250)
}, 120_000)
