/** What `--help-long`, `--help-man` and the completion of shells print, laid out as kingpin's. */
import type { Command, Parameter, Parameters, Program } from './define.ts'
import { HELP_COMMAND, HELP_FLAG } from './parse.ts'
import {
  flagRows,
  flatten,
  fullHelp,
  type Leaf,
  printFlag,
  printSummary,
  printUsage,
} from './usage.ts'
import { wrapText } from './wrap.ts'

type AnyProgram = Program<Parameters, never>

/** Every command with its flags. */
export function printLongUsage(program: AnyProgram): string {
  if (program.commands.length === 0) return printUsage(program)
  const head = printUsage({ ...program, commandList: 'compact' }).split(
    '\nCommands:\n',
  )[0] as string
  const lines = leavesOf(program).flatMap(({ words, command }) => [
    `${words}${command.isDefault ? '*' : ''}${printSummary(command)}`,
    ...wrapText(fullHelp(command), 76).map((line) => (line ? `    ${line}` : '')),
    '',
    ...flagRows(Object.values(command.flags), program, 4),
    '',
  ])
  return `${head.trimEnd()}\n\nCommands:\n${lines.join('\n')}\n`
}

/** A manual page in troff. */
export function printManPage(program: AnyProgram, version: string): string {
  const { name, help, flags } = program
  const hasCommands = program.commands.length > 0
  const lines = [
    `.TH ${name} 1 ${version}`,
    ...['.SH "NAME"', name, '.SH "SYNOPSIS"', '.TP'],
    `\\fB${name} [<flags>]${hasCommands ? ' <command> [<args> ...]' : ''}\\fR`,
    ...['', '.SH "DESCRIPTION"', help, '.SH "OPTIONS"'],
    ...manFlags([HELP_FLAG, ...Object.values(flags)]),
  ]
  if (hasCommands) {
    lines.push('.SH "COMMANDS"')
    for (const { words, command } of leavesOf(program)) {
      lines.push('.SS', `\\fB${words}${printSummary(command)}\\fR`, '.PP', fullHelp(command))
      lines.push(...manFlags(Object.values(command.flags)))
    }
  }
  return `${lines.join('\n')}\n`
}

function manFlags(flags: readonly Parameter<unknown>[]): string[] {
  return flags
    .filter(({ isHidden }) => !isHidden)
    .flatMap((flag) => {
      const shown = printFlag({ ...flag, isList: false }, false).trim()
      return ['.TP', `\\fB${shown}\\fR`, flag.help]
    })
}

function leavesOf({ commands }: AnyProgram): Leaf[] {
  return flatten([HELP_COMMAND, ...commands], '')
}

/** A script that lets a shell ask the program itself. */
export function printCompletionScript(shell: 'bash' | 'zsh', name: string): string {
  return shell === 'bash' ? bashScript(name) : zshScript(name)
}

function bashScript(name: string): string {
  return `
_${name}_bash_autocomplete() {
    local cur prev opts base
    COMPREPLY=()
    cur="\${COMP_WORDS[COMP_CWORD]}"
    opts=$( \${COMP_WORDS[0]} --completion-bash "\${COMP_WORDS[@]:1:$COMP_CWORD}" )
    COMPREPLY=( $(compgen -W "\${opts}" -- \${cur}) )
    return 0
}
complete -F _${name}_bash_autocomplete -o default ${name}

`
}

function zshScript(name: string): string {
  return `#compdef ${name}

_${name}() {
    local matches=($(\${words[1]} --completion-bash "\${(@)words[2,$CURRENT]}"))
    compadd -a matches

    if [[ $compstate[nmatches] -eq 0 && $words[$CURRENT] != -* ]]; then
        _files
    fi
}

if [[ "$(basename -- \${(%):-%x})" != "_${name}" ]]; then
    compdef _${name} ${name}
fi
`
}

/** What may come after `words`, the last of which is being typed; the shell picks what fits. */
export function completeWords(program: AnyProgram, words: readonly string[]): string[] {
  const path: Command<never>[] = []
  let commands: readonly Command<never>[] =
    program.commands.length > 0 ? [HELP_COMMAND, ...program.commands] : []
  for (const word of words) {
    const command = commands.find(({ name }) => name === word)
    if (!command) continue
    path.push(command)
    commands = command.commands
  }
  if (words.at(-1)?.startsWith('-')) {
    const own = [...path].reverse().flatMap(({ flags }) => Object.values(flags))
    return [...own, HELP_FLAG, ...Object.values(program.flags)]
      .filter(({ isHidden }) => !isHidden)
      .map(({ name }) => `--${name}`)
  }
  return commands.filter(({ isHidden }) => !isHidden).map(({ name }) => name)
}
