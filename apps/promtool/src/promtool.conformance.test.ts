/** The original and ours, side by side: same exit code, same output, for every case of the corpus. */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { CASES, type Case } from './testing/corpus.ts'
import { type Outcome, runPromtool } from './testing/run-promtool.ts'

const bin = process.env.REFERENCE_BIN ?? join(homedir(), '.cache/prometheus-reference/bin')
const promtool = join(bin, 'promtool')

function runOriginal({ argv, files = {}, stdin = '' }: Case): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'original-'))
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
  return new Promise((resolve, reject) => {
    const child = execFile(
      promtool,
      [...argv],
      { cwd: folder, timeout: 30_000 },
      (err, stdout, stderr) => {
        rmSync(folder, { recursive: true })
        if (err && typeof err.code !== 'number') reject(err)
        else resolve({ exitCode: Number(err?.code ?? 0), stdout, stderr })
      },
    )
    child.stdin?.on('error', () => {}) // A command that does not read may be gone already.
    child.stdin?.end(stdin)
  })
}

/**
 * What may differ: our place behind a text that has none; YAML errors of rule files, which the original prints for
 * each of its two readings; wording of syntax errors.
 */
function normalise({ exitCode, stdout, stderr }: Outcome): Outcome {
  const lines = stderr
    .replace(/yaml: (line \d+: )?(?!unmarshal|unknown|anchor|invalid)[^\n]*/g, 'yaml: SYNTAX')
    .replace(/ \(line \d+(?::\d+)?\)$/gm, '')
    .replace(/rulefmt\.ruleGroups/g, 'rulefmt.RuleGroups')
    .replace(/rulefmt\.(\w+)Node/g, 'rulefmt.$1')
    .replace(/rulefmt\.ruleNode/g, 'rulefmt.Rule')
  const blocks = lines.split(/\n(?! {2})/)
  const unique = blocks.filter((block, i) => block === '' || block !== blocks[i - 1])
  return { exitCode, stdout, stderr: unique.join('\n') }
}

test('the original is installed', () => expect(existsSync(promtool)).toBe(true))

test('ours and the original do the same', async () => {
  const differences: string[] = []
  for (const each of CASES) {
    const want = normalise(await runOriginal(each))
    const got = normalise(await runPromtool(each.argv, each.files, each.stdin))
    if (JSON.stringify(want) === JSON.stringify(got)) continue
    const file = Object.values(each.files ?? {}).at(-1) ?? ''
    differences.push(
      `${each.argv.join(' ')}\n${file}\noriginal: ${JSON.stringify(want)}\nours:     ${JSON.stringify(got)}\n`,
    )
  }
  expect(differences.join('\n')).toBe('')
  expect(CASES.length).toBeGreaterThan(200)
}, 300_000)
