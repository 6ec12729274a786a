/** The help pages, laid out as kingpin's. */
import { quoteGo } from '@prom/model'
import type { Command, Manners, Parameter, Parameters, Program } from './define.ts'
import { listOf } from './kinds.ts'
import { HELP_COMMAND, HELP_FLAG } from './parse.ts'
import { wrapText } from './wrap.ts'

const PAGE_COLUMNS = 80
const INDENT = 2
const PADDING = 2
/** A left cell this wide stands on a line of its own. */
const CELL_COLUMNS = 30

/** The page of the program, or of the command at the end of `path`. Ends with an empty line. */
export function printUsage(
  program: Program<Parameters, never>,
  path: readonly Command<never>[] = [],
): string {
  const last = path.at(-1)
  const target = last ?? program
  const words = [program.name, ...path.map(({ name }) => name)].join(' ')
  const flags = [HELP_FLAG, ...[program, ...path].flatMap(({ flags: own }) => Object.values(own))]
  const args = last ? Object.values(last.args) : []
  const commands = last
    ? last.commands
    : program.commands.length > 0
      ? [HELP_COMMAND, ...program.commands]
      : []
  const hasFlags = last ? hasShownFlags(last) || commands.length > 0 : true
  const required = last ? printRequired(Object.values(last.flags)) : ''
  const summary = `${required}${hasFlags ? ' [<flags>]' : ''}${printArgs(args)}`
  const sections = [`usage: ${words}${commands.length > 0 ? commandSummary(last) : summary}`, '']
  const help = (last?.helpLong ? `${last.help}\n\n${last.helpLong}` : target.help).trim()
  if (help !== '') sections.push(...wrapText(help, PAGE_COLUMNS), '')
  if (program.showsNegation && program.commandList !== 'compact') sections.push('')
  sections.push('Flags:', ...flagRows(flags, program), '')
  if (args.length > 0) sections.push('Args:', ...argRows(args), '')
  if (commands.length > 0) sections.push(...commandPage(program, commands, path))
  return `${sections.join('\n')}\n`
}

function commandSummary(last: Command<never> | undefined): string {
  const hasFlags = last ? hasShownFlags(last) : true
  return `${hasFlags ? ' [<flags>]' : ''} <command> [<args> ...]`
}

const hasShownFlags = ({ flags }: Command<never>) =>
  Object.values(flags).some(({ isHidden }) => !isHidden)

export function flagRows(
  flags: readonly Parameter<unknown>[],
  { showsNegation }: Manners,
  indent = INDENT,
): string[] {
  const hasShort = flags.some(({ short }) => short !== undefined)
  const rows = flags
    .filter(({ isHidden }) => !isHidden)
    .map((flag): [string, string] => [printFlag(flag, showsNegation ?? false), flag.help])
    // Room for a letter only where one of them has one.
    .map(([cell, help]): [string, string] => [hasShort ? cell : cell.trimStart(), help])
  return printColumns(rows, indent)
}

export function printFlag(flag: Parameter<unknown>, showsNegation: boolean): string {
  const letter = flag.short ? `-${flag.short}, ` : '    '
  if (flag.kind.isBoolean) return `${letter}--${showsNegation ? '[no-]' : ''}${flag.name}`
  return `${letter}--${flag.name}=${printPlaceholder(flag)}${flag.isList ? ' ...' : ''}`
}

function printPlaceholder({
  name,
  kind,
  placeholder,
  default: byDefault,
  isList,
}: Parameter<unknown>) {
  if (placeholder !== undefined) return placeholder
  const defaults = listOf(byDefault)
  const [first] = defaults
  if (first === undefined) return name.toUpperCase()
  const text = kind.isText && !isList ? quoteGo(first) : first
  return `${text}${defaults.length > 1 ? '...' : ''}`
}

function argRows(args: readonly Parameter<unknown>[]): string[] {
  const rows = args.map((arg): [string, string] => {
    const shown = arg.placeholder ?? `<${arg.name}>`
    return [arg.isRequired ? shown : `[${shown}]`, arg.help]
  })
  return printColumns(rows)
}

export function printArgs(args: readonly Parameter<unknown>[]): string {
  return args
    .map(({ name, placeholder, isList, isRequired }) => {
      const shown = `${placeholder ?? `<${name}>`}${isList ? '...' : ''}`
      return isRequired ? ` ${shown}` : ` [${shown}]`
    })
    .join('')
}

const printRequired = (flags: readonly Parameter<unknown>[]) =>
  flags
    .filter(({ isRequired }) => isRequired)
    .map((flag) => ` --${flag.name}=${printPlaceholder(flag)}`)
    .join('')

/** What follows a command's name in lists: required flags, `[<flags>]`, arguments. */
export function printSummary(command: Command<never>): string {
  const flags = Object.values(command.flags)
  const required = printRequired(flags)
  const hasOptional = flags.some(({ isRequired, isHidden }) => !isRequired && !isHidden)
  return `${required}${hasOptional ? ' [<flags>]' : ''}${printArgs(Object.values(command.args))}`
}

function commandPage(
  program: Program<Parameters, never>,
  commands: readonly Command<never>[],
  path: readonly Command<never>[],
): string[] {
  if (program.commandList === 'compact') {
    if (path.length === 0) return ['Commands:', ...treeRows(commands, 1), '']
    return ['Commands:', ...treeRows([path[0] as Command<never>], 1), '']
  }
  const lines = [path.length === 0 ? 'Commands:' : 'Subcommands:']
  const leaves = flatten(commands, path.map(({ name }) => name).join(' '))
  for (const { words, command } of leaves) {
    lines.push(
      `${words}${command.isDefault ? '*' : ''}${printSummary(command)}`,
      ...wrapText(fullHelp(command), PAGE_COLUMNS - 4).map((line) => (line ? `    ${line}` : '')),
      '',
    )
  }
  return [...lines, '']
}

export function fullHelp({ help, helpLong }: Command<never>): string {
  return helpLong ? `${help}\n\n${helpLong}` : help
}

export interface Leaf {
  readonly words: string
  readonly command: Command<never>
}

export function flatten(commands: readonly Command<never>[], above: string): Leaf[] {
  return commands
    .filter(({ isHidden }) => !isHidden)
    .flatMap((command) => {
      const words = above === '' ? command.name : `${above} ${command.name}`
      if (command.commands.length === 0) return [{ words, command }]
      return flatten(command.commands, words)
    })
}

function treeRows(commands: readonly Command<never>[], depth: number): string[] {
  return commands
    .filter(({ isHidden }) => !isHidden)
    .flatMap((command) => {
      const star = command.isDefault ? '*' : ''
      const row = `${'  '.repeat(depth)}${command.name}${star}${printSummary(command)}`
      return [row, ...treeRows(command.commands, depth + 1)]
    })
}

function printColumns(rows: readonly (readonly [string, string])[], indent = INDENT): string[] {
  const left = Math.max(
    0,
    ...rows.map(([cell]) => cell.length).filter((length) => length < CELL_COLUMNS),
  )
  const offset = ' '.repeat(indent + left + PADDING)
  return rows.flatMap(([cell, help]) => {
    const [first = '', ...more] = wrapText(help, PAGE_COLUMNS - left - PADDING - indent)
    const head = `${' '.repeat(indent)}${cell.padEnd(left)}${' '.repeat(PADDING)}`
    const rest = more.map((line) => offset + line)
    return cell.length >= CELL_COLUMNS ? [head, offset + first, ...rest] : [head + first, ...rest]
  })
}
