/** The documents tell the truth: their commands are run, their links lead somewhere, the reference is up to date. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { removeFolders } from '../harness/folders.ts'
import { followGuide, readGuide } from '../harness/guide.ts'
import { run, stopAll } from '../harness/processes.ts'
import { originals, repoRoot } from '../harness/programs.ts'

const documents = readdirSync(join(repoRoot, 'docs'))
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`)
const read = (path: string) => readFileSync(join(repoRoot, path), 'utf8')

afterEach(stopAll)
afterAll(removeFolders)

test.each(documents.filter((path) => readGuide(read(path)).steps.length > 0))(
  'the commands of %s',
  async (path) => {
    expect(readGuide(read(path)).steps.length).toBeGreaterThan(3)
    await followGuide(path, { env: { ORIGINALS: originals.bin } })
  },
)

test('every block of commands is run, or says why not', () => {
  for (const path of ['README.md', ...documents]) {
    const blocks = read(path).split('```sh').slice(0, -1)
    for (const before of blocks) {
      const marker = before.trimEnd().split('\n').at(-1)
      expect([path, marker]).toEqual([
        path,
        expect.stringMatching(/^<!-- (run|start|until: .*|tour: .*|not run: .*) -->$/),
      ])
    }
  }
})

test.each(['README.md', ...documents])('the links of %s lead to files', (path) => {
  for (const [, target] of read(path).matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)) {
    expect([target, existsSync(join(repoRoot, dirname(path), target!))]).toEqual([target, true])
  }
})

test('the reference is what the programs say', async () => {
  const { code, stderr } = await run('node', ['tools/reference.mjs', '--check'], { cwd: repoRoot })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
})
