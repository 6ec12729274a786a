/** Reads a command line against its tables, in kingpin's order and with its error texts. */
import { quoteGo } from '@prom/model'
import type { Command, Parameter, Parameters, Program } from './define.ts'
import { boolean, listOf, text } from './kinds.ts'

export interface Parsed {
  /** Values of the program's flags, by the keys of its table. */
  readonly globals: Record<string, unknown>
  /** Values of the chosen command's flags and arguments and of the groups above it. */
  readonly values: Record<string, unknown>
  readonly path: readonly Command<never>[]
  /** The words of `help <command>`, if that was the command. */
  readonly helpFor: readonly string[] | undefined
  readonly wantsHelp: boolean
  readonly wantsVersion: boolean
  /** The line cannot be read: unknown flags, missing values. Help and usage do not save it. */
  readonly lineError: string | undefined
  /** The line reads, but a value is wrong or missing. */
  readonly valueError: string | undefined
}

interface Known {
  readonly key: string
  readonly parameter: Parameter<unknown>
  readonly isGlobal: boolean
}

interface Piece {
  readonly text: string
  /** Glued to its flag, or after `--`: a value whatever it begins with. */
  readonly isValue: boolean
}

export const HELP_FLAG: Parameter<boolean> = {
  name: 'help',
  short: 'h',
  help: 'Show context-sensitive help (also try --help-long and --help-man).',
  kind: boolean,
  isList: false,
}

export const HELP_COMMAND: Command<never> = {
  name: 'help',
  help: 'Show help.',
  flags: {},
  args: { command: { name: 'command', help: 'Show help on command.', kind: text, isList: true } },
  commands: [],
}

/** Throws nothing: what is wrong is in the result. `isFile` lists read `@file` arguments, one per line. */
export function parseLine(
  program: Program<Parameters, never>,
  argv: readonly string[],
  defaults: Readonly<Record<string, string>> = {},
): Parsed {
  const reader = new LineReader(program, argv)
  const lineError = attempt(() => reader.read())
  const globals: Record<string, unknown> = {}
  const values: Record<string, unknown> = {}
  const valueError = attempt(() => reader.assign(globals, values, defaults))
  const isHelpCommand = reader.path[0] === HELP_COMMAND
  return {
    globals,
    values,
    path: reader.path,
    helpFor: isHelpCommand ? (reader.given.get('command') ?? []) : undefined,
    wantsHelp: reader.isOn('help'),
    wantsVersion: reader.isOn('version'),
    lineError,
    valueError,
  }
}

class LineReader {
  readonly path: Command<never>[] = []
  /** Texts given per parameter name. */
  readonly given = new Map<string, string[]>()
  readonly #rest: Piece[]
  readonly #known: Known[] = []
  readonly #args: Known[] = []
  #commands: readonly Command<never>[]
  #argsTaken = 0

  constructor(program: Program<Parameters, never>, argv: readonly string[]) {
    this.#rest = argv.map((word) => ({ text: word, isValue: false }))
    this.#commands =
      program.commands.length > 0 ? [HELP_COMMAND, ...program.commands] : program.commands
    this.#known.push({ key: 'help', parameter: HELP_FLAG, isGlobal: true })
    for (const [key, parameter] of Object.entries(program.flags)) {
      this.#known.push({ key, parameter, isGlobal: true })
    }
  }

  isOn(name: string): boolean {
    return this.given.get(name)?.at(-1) === 'true'
  }

  read(): void {
    while (this.#rest.length > 0) {
      const { text: word, isValue } = this.#rest[0] as Piece
      if (!isValue && word === '--') {
        const values = this.#rest.slice(1).map((piece) => ({ ...piece, isValue: true }))
        this.#rest.splice(0, this.#rest.length, ...values)
      } else if (!isValue && word.startsWith('--')) this.#readLong(word)
      else if (!isValue && word.startsWith('-') && word.length > 1) this.#readShort(word)
      else if (this.#commands.length > 0) this.#readCommand(word)
      else this.#readArgument(word)
    }
    for (let next = this.#default(); next; next = this.#default()) this.#enter(next)
  }

  #readLong(word: string): void {
    const equals = word.indexOf('=')
    const name = equals < 0 ? word.slice(2) : word.slice(2, equals)
    const exact = this.#find((parameter) => parameter.name === name)
    const negated = this.#find(({ name: n, kind }) => kind.isBoolean && `no-${n}` === name)
    const found = exact ?? negated
    if (!found) {
      if (this.#enterDefault()) return
      throw new Error(`unknown long flag '--${name}'`)
    }
    this.#rest.shift()
    if (equals >= 0) this.#rest.unshift({ text: word.slice(equals + 1), isValue: true })
    this.#give(found, `--${name}`, negated && !exact ? 'false' : 'true')
  }

  #readShort(word: string): void {
    const letter = String.fromCodePoint(word.codePointAt(1) as number)
    const left = word.slice(1 + letter.length)
    const found = this.#find(({ short }) => short === letter)
    if (!found) {
      if (this.#enterDefault()) return
      throw new Error(`unknown short flag '-${letter}'`)
    }
    this.#rest.shift()
    if (left !== '') {
      const isSwitch = found.parameter.kind.isBoolean === true
      this.#rest.unshift({ text: isSwitch ? `-${left}` : left, isValue: !isSwitch })
    }
    this.#give(found, `-${letter}`, 'true')
  }

  #give({ parameter }: Known, written: string, switched: string): void {
    if (parameter.kind.isBoolean) {
      this.#add(parameter, switched)
      return
    }
    const next = this.#rest[0]
    if (!next || (!next.isValue && /^-./.test(next.text))) {
      throw new Error(`expected argument for flag '${written}'`)
    }
    this.#rest.shift()
    this.#add(parameter, next.text)
  }

  #readCommand(word: string): void {
    const command = this.#commands.find(({ name }) => name === word)
    if (command) {
      this.#rest.shift()
      this.#enter(command)
    } else if (!this.#enterDefault()) {
      throw new Error(`expected command but got ${quoteGo(word)}`)
    }
  }

  #readArgument(word: string): void {
    const known = this.#args[this.#argsTaken]
    if (!known) throw new Error(`unexpected ${word}`)
    if (!known.parameter.isList) this.#argsTaken++
    this.#rest.shift()
    this.#add(known.parameter, word)
  }

  #default(): Command<never> | undefined {
    return this.#commands.find((command) => command.isDefault)
  }

  #enterDefault(): boolean {
    const command = this.#default()
    if (command) this.#enter(command)
    return command !== undefined
  }

  #enter(command: Command<never>): void {
    this.path.push(command)
    this.#commands = command.commands
    for (const [key, parameter] of Object.entries(command.flags)) {
      this.#known.push({ key, parameter, isGlobal: false })
    }
    for (const [key, parameter] of Object.entries(command.args)) {
      this.#args.push({ key, parameter, isGlobal: false })
    }
  }

  #find(test: (parameter: Parameter<unknown>) => boolean | undefined): Known | undefined {
    return this.#known.find(({ parameter }) => test(parameter))
  }

  #add(parameter: Parameter<unknown>, value: string): void {
    const values = this.given.get(parameter.name)
    if (values) values.push(value)
    else this.given.set(parameter.name, [value])
  }

  /** Turns texts into values, filling `globals` and `values`; throws the first thing wrong. */
  assign(
    globals: Record<string, unknown>,
    values: Record<string, unknown>,
    defaults: Readonly<Record<string, string>>,
  ): void {
    const errors: string[] = []
    const missing: string[] = []
    for (const known of [...this.#known, ...this.#args]) {
      const { key, parameter, isGlobal } = known
      const isFlag = this.#known.includes(known)
      const into = isGlobal ? globals : values
      const given = this.given.get(parameter.name)
      const fallback = listOf(defaults[parameter.name] ?? parameter.default)
      if (given && given.length > 1 && !parameter.isList && isFlag && parameter !== HELP_FLAG) {
        errors.push(`flag '${parameter.name}' cannot be repeated`)
        continue
      }
      if (!given && parameter.isRequired && fallback.length === 0) {
        if (isFlag) missing.push(`'--${parameter.name}'`)
        else errors.push(`required argument '${parameter.name}' not provided`)
      }
      const error = attempt(() => {
        into[key] = toValue(parameter, given ?? fallback)
      })
      if (error) errors.push(error)
    }
    if (missing.length > 0) throw new Error(`required flag(s) ${missing.join(', ')} not provided`)
    if (errors.length > 0) throw new Error(errors[0])
    const last = this.path.at(-1)
    if (last && last !== HELP_COMMAND && !last.run) {
      const words = this.path.map(({ name }) => name).join(' ')
      throw new Error(`must select a subcommand of '${words}'`)
    }
  }
}

function toValue({ kind, isList }: Parameter<unknown>, texts: readonly string[]): unknown {
  if (isList) return texts.map((value) => kind.parse(value))
  const last = texts.at(-1)
  if (last === undefined) return kind.isBoolean ? false : undefined
  return kind.parse(last)
}

function attempt(work: () => void): string | undefined {
  try {
    work()
    return undefined
  } catch (err) {
    return err instanceof Error ? err.message : String(err)
  }
}
