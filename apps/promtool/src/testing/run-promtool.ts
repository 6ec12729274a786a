/** Runs the whole program in this process, on real files in a folder of its own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Host } from '@prom/runtime'
import { createHost } from '@prom/runtime/node'
import { main } from '../main.ts'

export interface Outcome {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

const realHost = createHost(process)

export async function runPromtool(
  argv: readonly string[],
  files: Readonly<Record<string, string | Uint8Array>> = {},
  stdin = '',
): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'promtool-'))
  let stdout = ''
  let stderr = ''
  const read = (text: string | Uint8Array) =>
    typeof text === 'string' ? text : new TextDecoder().decode(text)
  try {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), content)
    }
    const host: Host = {
      ...realHost,
      cwd: folder,
      env: {},
      stdin: async () => new TextEncoder().encode(stdin),
      stdout: { isTerminal: false, write: (text) => void (stdout += read(text)) },
      stderr: { isTerminal: false, write: (text) => void (stderr += read(text)) },
    }
    const exitCode = await main(argv, host)
    return {
      exitCode,
      stdout: stdout.replaceAll(folder, '/tmp'),
      stderr: stderr.replaceAll(folder, '/tmp'),
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
