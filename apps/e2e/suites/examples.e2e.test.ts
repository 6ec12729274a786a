/** Every example in deploy/examples, by the commands of its README. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { removeFolders } from '../harness/folders.ts'
import { findGuides, followGuide, readGuide } from '../harness/guide.ts'
import { stopAll } from '../harness/processes.ts'
import { repoRoot } from '../harness/programs.ts'

const guides = findGuides('deploy/examples')

afterEach(stopAll)
afterAll(removeFolders)

test.each(guides)('%s', async (path) => {
  const { steps } = readGuide(readFileSync(join(repoRoot, path), 'utf8'))
  expect(steps.some(({ kind }) => kind === 'until')).toBe(true)
  await followGuide(path)
})
