/** Where the programs under test are: ours in dist/bin, the originals in REFERENCE_BIN. */
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

export const repoRoot = join(__dirname, '../../..')

export interface Programs {
  readonly name: string
  readonly bin: string
}

export const ours: Programs = {
  name: 'ours',
  bin: process.env.OURS_BIN ?? join(repoRoot, 'dist/bin'),
}
export const originals: Programs = {
  name: 'the originals',
  bin: process.env.REFERENCE_BIN ?? join(homedir(), '.cache/prometheus-reference/bin'),
}

export const sharedFolder = process.env.SHARED_DIR ?? join(repoRoot, '..', 'shared')

/** The path of one program; throws when it is not there, because a missing program is a failed suite. */
export function programPath(programs: Programs, program: string): string {
  const path = join(programs.bin, program)
  if (!existsSync(path)) throw new Error(`${path} does not exist`)
  return path
}
