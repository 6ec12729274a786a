/**
 * Runs a guide (a README with commands) word for word. Each `sh` block that is run has a comment before it:
 *   <!-- run -->           must exit with 0
 *   <!-- until: regex -->  is repeated until it exits with 0 and prints a match
 *   <!-- start -->         stays in the background until the end of the guide
 *   <!-- stop: n -->       no block: ends the n-th started command with SIGTERM
 * Before the first of them, `<!-- ports: 9090 8000 -->` names the numbers that are replaced by free ports, in the
 * commands and in the files of the guide's folder; the folder is a copy, and so is `data/`.
 */
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { folderWith } from './folders.ts'
import { freePort, type Running, run, start } from './processes.ts'
import { ours, type Programs, repoRoot } from './programs.ts'
import { waitFor } from './wait.ts'

const UNTIL_MS = 60_000
/** Characters of each command's output in a failure. */
const SHOWN = 1500
const STEP = /<!-- (run|start|stop|until)(?:: (.*?))? -->(?:\n```sh\n([\s\S]*?)```)?/g

export interface Step {
  readonly kind: 'run' | 'start' | 'stop' | 'until'
  /** The pattern of `until`, the number of `stop`. */
  readonly argument: string
  readonly command: string
}

export function readGuide(text: string): { ports: string[]; steps: Step[] } {
  const ports = /<!-- ports: (.*?) -->/.exec(text)?.[1]?.split(' ') ?? []
  const steps = [...text.matchAll(STEP)].map(([, kind, argument = '', command = '']) => ({
    kind: kind as Step['kind'],
    argument,
    command,
  }))
  return { ports, steps }
}

/** Follows the guide at `path` (relative to the repository) to its end; throws at the first step that fails. */
export async function followGuide(
  path: string,
  options: { readonly programs?: Programs; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<void> {
  const programs = options.programs ?? ours
  const shellOptions = { cwd: repoRoot, env: { ...process.env, ...options.env } }
  const { ports, steps } = readGuide(readFileSync(join(repoRoot, path), 'utf8'))
  const folder = dirname(path)
  const replacements: [RegExp, string][] = []
  for (const port of ports) {
    replacements.push([new RegExp(`\\b${port}\\b`, 'g'), String(await freePort())])
  }
  const replacePorts = (text: string) =>
    replacements.reduce((result, [from, to]) => result.replace(from, to), text)
  const copy = folderWith()
  cpSync(join(repoRoot, folder), copy, { recursive: true })
  for (const file of filesBelow(copy)) {
    writeFileSync(file, replacePorts(readFileSync(file, 'utf8')))
  }
  symlinkSync(join(repoRoot, 'node_modules'), join(copy, 'node_modules'))
  const prepare = (command: string) =>
    replacePorts(command)
      .replaceAll('dist/bin/', `${programs.bin}/`)
      .replaceAll(`${folder}/`, `${copy}/`)
      .replaceAll(/\bdata\//g, `${copy}/data/`)

  const started: Running[] = []
  const tell = () =>
    started.map((one, i) => `--- command ${i + 1}\n${one.output().slice(-SHOWN)}`).join('\n')
  for (const { kind, argument, command } of steps) {
    const shell = ['-c', kind === 'start' ? `exec ${prepare(command)}` : prepare(command)]
    if (kind === 'start') started.push(start('bash', shell, shellOptions))
    if (kind === 'stop') await started[Number(argument) - 1]?.stop()
    if (kind === 'run') {
      const { code, stdout, stderr } = await run('bash', shell, shellOptions)
      if (code !== 0) throw new Error(`exit ${code} of\n${command}${stdout}${stderr}\n${tell()}`)
    }
    if (kind === 'until') {
      let last = ''
      await waitFor(`${argument} from ${command}`, UNTIL_MS, async () => {
        const { code, stdout, stderr } = await run('bash', shell, shellOptions)
        last = `exit ${code}\n${stdout}${stderr}`
        return (code === 0 && new RegExp(replacePorts(argument), 'm').test(stdout)) || undefined
      }).catch((err: unknown) => {
        throw new Error(`${String(err)}\nlast: ${last}\n${tell()}`)
      })
    }
  }
  await Promise.all(started.map((one) => one.stop()))
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
}

/** The guides below a folder of the repository. */
export function findGuides(folder: string): string[] {
  return readdirSync(join(repoRoot, folder))
    .map((name) => join(folder, name, 'README.md'))
    .filter((path) => existsSync(join(repoRoot, path)))
    .map((path) => relative(repoRoot, join(repoRoot, path)))
}
