/** promtool, top to bottom: the command line, and the command it names, loaded when it is. */
import { printVersion } from '@prom/daemon'
import { readCommandLine } from '@prom/flags'
import type { Host } from '@prom/runtime'
import { createProgram } from './program.ts'

const NO_FEATURES: readonly string[] = []

/** Features of the original that need no flag any more. */
const SETTLED = new Set(['promql-duration-expr'])

const FEATURES = new Set([
  'promql-experimental-functions',
  'promql-delayed-name-removal',
  'promql-extended-range-selectors',
  'promql-binop-fill-modifiers',
])

export async function main(argv: readonly string[], host: Host): Promise<number> {
  const line = readCommandLine(createProgram(host), argv, {
    stdout: host.stdout,
    stderr: host.stderr,
    version: printVersion('promtool', host.process),
  })
  if ('exitCode' in line) return line.exitCode
  const features = new Set<string>()
  for (const name of (line.flags.features ?? NO_FEATURES).flatMap((list) => list.split(','))) {
    if (FEATURES.has(name)) features.add(name)
    else if (name !== '' && !SETTLED.has(name)) {
      host.stdout.write(`  WARNING: Unknown feature passed to --enable-feature: ${name}`)
    }
  }
  if (line.command.startsWith('promql') && !line.flags.isExperimental) {
    host.stderr.write(
      'This command is experimental and requires the --experimental flag to be set.\n',
    )
    return 1
  }
  return line.run({ host, features })
}
