/** The commands of the README's tour, by the name in the comment before each block. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repoRoot } from './programs.ts'

export function tourCommands(): Map<string, string> {
  const text = readFileSync(join(repoRoot, 'README.md'), 'utf8')
  const commands = new Map<string, string>()
  for (const [, name, body] of text.matchAll(/<!-- tour: (\S+) -->\n```sh\n([\s\S]*?)```/g)) {
    commands.set(name as string, body as string)
  }
  return commands
}
