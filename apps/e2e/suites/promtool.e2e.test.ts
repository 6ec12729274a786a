/** promtool beside the original: the same verdict, exit code and output for every input of the corpus. */
import { cpus } from 'node:os'
import { folderWith, removeFolders } from '../harness/folders.ts'
import { type Finished, run } from '../harness/processes.ts'
import { originals, ours, programPath } from '../harness/programs.ts'
import { CORPUS, type Input } from '../promtool-corpus/index.ts'

const TIMEOUT_MS = 60_000
/** All of the corpus with LONG=1, otherwise three of five. */
const isLong = process.env.LONG === '1'

afterAll(removeFolders)

/**
 * What may differ: our place behind a text that has none, and today's name of an old key; errors of a rule file's YAML, which the original prints once
 * for each of its two readings; the wording of YAML syntax errors, their line and the names of Go's types in them.
 */
function normalise({ code, stdout, stderr }: Finished): string {
  const lines = stderr
    .replace(/yaml: (line \d+: )?(?!unmarshal|unknown|anchor|invalid)[^\n]*/g, 'yaml: SYNTAX')
    .replace(/ \(today: [^)]*\)$/gm, '')
    .replace(/ \(line \d+(?::\d+)?\)$/gm, '')
    .replace(/rulefmt\.ruleGroups/g, 'rulefmt.RuleGroups')
    .replace(/rulefmt\.(\w+)Node/g, 'rulefmt.$1')
    .replace(/rulefmt\.ruleNode/g, 'rulefmt.Rule')
  const blocks = lines.split(/\n(?! {2})/)
  const unique = blocks.filter((block, i) => block === '' || block !== blocks[i - 1])
  return JSON.stringify({ code, stdout, stderr: unique.join('\n') }, undefined, 1)
}

/** Undefined if both say the same. */
async function compare({ argv, files, stdin = '' }: Input): Promise<string | undefined> {
  const cwd = folderWith(files)
  const options = { cwd, input: stdin, timeoutMs: TIMEOUT_MS }
  const [want, got] = await Promise.all([
    run(programPath(originals, 'promtool'), argv, options),
    run(programPath(ours, 'promtool'), argv, options),
  ])
  const [left, right] = [normalise(want), normalise(got)]
  if (left === right) return undefined
  const main = Object.values(files ?? {})[argv[0] === 'test' ? 1 : 0] ?? stdin
  return `${argv.join(' ')}\n${main}\noriginal: ${left}\nours: ${right}\n`
}

test.each(Object.entries(CORPUS))('%s', async (_, inputs) => {
  const differences: string[] = []
  const waiting = inputs.filter((_, index) => isLong || index % 5 < 3)
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const difference = await compare(next)
      if (difference !== undefined) differences.push(difference)
    }
  }
  await Promise.all(Array.from({ length: Math.max(2, cpus().length) }, work))
  expect(differences.join('\n')).toBe('')
})

test('the corpus has at least three hundred different inputs', () => {
  const texts = Object.values(CORPUS).flatMap((inputs) =>
    inputs.map((input) => JSON.stringify(input)),
  )
  expect(new Set(texts).size).toBe(texts.length)
  expect(texts.length).toBeGreaterThanOrEqual(500)
})
