/** The front door: a program's arguments in, its typed values out, or help, version or an error printed. */
import { posix } from 'node:path'
import { quoteGo } from '@prom/model'
import type { Command, Parameters, Program, Values } from './define.ts'
import { completeWords, printCompletionScript, printLongUsage, printManPage } from './long-pages.ts'
import { type Parsed, parseLine } from './parse.ts'
import { printUsage } from './usage.ts'

export interface CommandLineOutput {
  readonly stdout: { write(text: string): void }
  readonly stderr: { write(text: string): void }
  /** Printed for `--version`, which every program's table must have. */
  readonly version: string
  /** Values that stand in for defaults, by flag name; amtool's config file. */
  readonly defaults?: Readonly<Record<string, string>>
  /** Reads `@file` arguments; without it such a word is a word. */
  readonly files?: { readTextSync(path: string): string }
  readonly cwd?: string
}

export type CommandLine<F extends Parameters, C> =
  | { readonly exitCode: number }
  | {
      readonly flags: Values<F>
      /** The words of the command, `check rules`; empty for programs without commands. */
      readonly command: string
      /** Runs the chosen command. */
      run(context: C): Promise<number>
    }

/** Either everything is right and there are values, or something was printed and there is an exit code. */
export function readCommandLine<F extends Parameters, C = unknown>(
  program: Program<F, C>,
  argv: readonly string[],
  output: CommandLineOutput,
): CommandLine<F, C> {
  const untyped = program as unknown as Program<Parameters, never>
  const page = pageFor(untyped, argv, output.version)
  if (page !== undefined) {
    output.stdout.write(page)
    return { exitCode: 0 }
  }
  const expanded = expandFiles(argv, output)
  if ('error' in expanded) return failLine(untyped, expanded.error, output)
  const parsed = parseLine(untyped, expanded.words, output.defaults)
  if (parsed.wantsVersion) {
    output.stdout.write(`${output.version}\n`)
    return { exitCode: 0 }
  }
  if (parsed.lineError !== undefined) return failLine(untyped, parsed.lineError, output)
  if (parsed.wantsHelp) {
    output.stdout.write(printUsage(untyped, parsed.path))
    return { exitCode: 0 }
  }
  if (parsed.helpFor) return showHelp(untyped, parsed.helpFor, output)
  if (parsed.valueError !== undefined) return failValue(untyped, parsed.valueError, output)
  if (program.commands.length > 0 && parsed.path.length === 0) {
    output.stdout.write(printUsage(untyped))
    return { exitCode: 0 }
  }
  return start<F, C>(parsed)
}

/** Pages that are asked for by a flag no table names; the flag may stand anywhere before `--`. */
function pageFor(
  program: Program<Parameters, never>,
  argv: readonly string[],
  version: string,
): string | undefined {
  const completion = argv.indexOf('--completion-bash')
  if (completion >= 0) return completeWords(program, argv.slice(completion + 1)).join('\n')
  const end = argv.indexOf('--')
  const words = new Set(end < 0 ? argv : argv.slice(0, end))
  if (words.has('--help-long')) return printLongUsage(program)
  if (words.has('--help-man')) return printManPage(program, version)
  for (const shell of ['bash', 'zsh'] as const) {
    if (words.has(`--completion-script-${shell}`)) return printCompletionScript(shell, program.name)
  }
  return undefined
}

/** `@file` stands for the words in it, one per line; empty lines and those that begin with `#` aside. */
function expandFiles(
  argv: readonly string[],
  { files, cwd = '' }: CommandLineOutput,
): { readonly words: readonly string[] } | { readonly error: string } {
  const words: string[] = []
  let isOver = false
  for (const word of argv) {
    isOver ||= word === '--'
    if (isOver || !word.startsWith('@') || word.length === 1 || !files) {
      words.push(word)
      continue
    }
    const name = word.slice(1)
    let text: string
    try {
      text = files.readTextSync(posix.resolve(cwd, name))
    } catch (err) {
      const { code, message } = err as NodeJS.ErrnoException
      const reason = code === 'ENOENT' ? 'no such file or directory' : message
      return { error: `failed to open arguments file ${quoteGo(name)}: open ${name}: ${reason}` }
    }
    const lines = text.split(/\r?\n/)
    words.push(...lines.filter((line) => line !== '' && !line.startsWith('#')))
  }
  return { words }
}

function start<F extends Parameters, C>(parsed: Parsed): CommandLine<F, C> {
  const command = parsed.path.at(-1) as Command<C> | undefined
  return {
    flags: parsed.globals as Values<F>,
    command: parsed.path.map(({ name }) => name).join(' '),
    run: async (context) => (await command?.run?.(parsed.values, context)) ?? 0,
  }
}

function showHelp(
  program: Program<Parameters, never>,
  words: readonly string[],
  output: CommandLineOutput,
): { exitCode: number } {
  const path: Command<never>[] = []
  let commands = program.commands
  for (const word of words) {
    const command = commands.find(({ name }) => name === word)
    if (!command) {
      output.stderr.write(`${program.name}: error: expected command but got "${word}"\n`)
      return { exitCode: 1 }
    }
    path.push(command)
    commands = command.commands
  }
  output.stdout.write(printUsage(program, path))
  return { exitCode: 0 }
}

function failLine(
  program: Program<Parameters, never>,
  error: string,
  output: CommandLineOutput,
): { exitCode: number } {
  if (program.errors !== 'server') return failValue(program, error, output)
  output.stderr.write(`Error parsing command line arguments: ${error}\n`)
  output.stderr.write(`${program.name}: error: ${error}\n`)
  return { exitCode: 1 }
}

function failValue(
  program: Program<Parameters, never>,
  error: string,
  output: CommandLineOutput,
): { exitCode: number } {
  switch (program.errors) {
    case 'server':
      output.stderr.write(`Error parsing command line arguments: ${error}\n`)
      output.stdout.write(printUsage(program))
      return { exitCode: 2 }
    case 'plain':
      output.stderr.write(`${program.name}: error: ${error}\n\n`)
      return { exitCode: 1 }
    default:
      output.stderr.write(`${program.name}: error: ${error}, try --help\n`)
      return { exitCode: 1 }
  }
}
