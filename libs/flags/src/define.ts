/** A program's command line as typed tables: flags, arguments, sub-commands. */
import { boolean, type Kind } from './kinds.ts'

interface Common {
  readonly help: string
  /** As typed by a user. Without it the value is undefined (a list: empty, a boolean: false). */
  readonly default?: string | readonly string[]
  readonly placeholder?: string
  readonly isHidden?: boolean
  readonly isRequired?: boolean
}

export interface FlagOptions extends Common {
  /** One letter: `-o`. */
  readonly short?: string
}

/** A flag or argument whose parsed value is a `T`. */
export interface Parameter<T> extends FlagOptions {
  readonly name: string
  // biome-ignore lint/suspicious/noExplicitAny: a table holds kinds of every type.
  readonly kind: Kind<any>
  /** May be given many times; the value is an array. */
  readonly isList: boolean
  /** Never set; carries the type. */
  readonly type?: T
}

export type Parameters = Readonly<Record<string, Parameter<unknown>>>
export type Values<P extends Parameters> = {
  readonly [K in keyof P]: P[K] extends Parameter<infer T> ? T : never
}

type Present = { readonly default: string } | { readonly isRequired: true }

/** `--name=value`. Always there if it has a default or is required. */
export function flag<T, O extends FlagOptions>(
  name: string,
  kind: Kind<T>,
  options: O,
): Parameter<O extends Present ? T : T | undefined> {
  return { ...options, name, kind, isList: false }
}

/** `--name`, `--no-name`. */
export function switchFlag(name: string, options: FlagOptions): Parameter<boolean> {
  return { ...options, name, kind: boolean, isList: false }
}

/** `--name=a --name=b`. */
export function listFlag<T>(name: string, kind: Kind<T>, options: FlagOptions): Parameter<T[]> {
  return { ...options, name, kind, isList: true }
}

/** A positional argument, in the order of the table. */
export function argument<T, O extends Common>(
  name: string,
  kind: Kind<T>,
  options: O,
): Parameter<O extends Present ? T : T | undefined> {
  return { ...options, name, kind, isList: false }
}

/** The last positional argument, taking all that is left. */
export function listArgument<T>(name: string, kind: Kind<T>, options: Common): Parameter<T[]> {
  return { ...options, name, kind, isList: true }
}

/** One word of a command line: a group of commands, or a command that runs. `C` is what `run` is handed. */
export interface Command<C> {
  readonly name: string
  readonly help: string
  /** Longer text for the page of this command. */
  readonly helpLong?: string
  readonly flags: Parameters
  readonly args: Parameters
  readonly commands: readonly Command<C>[]
  readonly isHidden?: boolean
  /** Taken when no command of its group is named. */
  readonly isDefault?: boolean
  readonly run?: (values: Record<string, unknown>, context: C) => Promise<number>
}

/** A command that runs. `values` holds its flags, its arguments and nothing of the program's. */
export function defineCommand<
  C,
  F extends Parameters = Record<never, never>,
  A extends Parameters = Record<never, never>,
>(about: {
  readonly name: string
  readonly help: string
  readonly helpLong?: string
  readonly flags?: F
  readonly args?: A
  readonly isHidden?: boolean
  readonly isDefault?: boolean
  readonly run: (values: Values<F> & Values<A>, context: C) => Promise<number>
}): Command<C> {
  return {
    flags: {},
    args: {},
    commands: [],
    ...about,
    run: (values, context) => about.run(values as Values<F> & Values<A>, context),
  }
}

/** A word that only leads to others: `check`, `query`. Its flags count for all of them. */
export function defineGroup<C>(about: {
  readonly name: string
  readonly help: string
  readonly flags?: Parameters
  readonly commands: readonly Command<C>[]
}): Command<C> {
  return { flags: {}, args: {}, ...about }
}

/** How a program speaks of its command line; the originals differ. */
export interface Manners {
  /** After an error: `, try --help` and exit 1 (most), or as the server does, its usage and exit 2. */
  readonly errors?: 'try-help' | 'server' | 'plain'
  /** Help shows `--[no-]x` for booleans (newer kingpin), or `--x`. */
  readonly showsNegation?: boolean
  /** Commands listed one by one with their help, or as a compact tree. */
  readonly commandList?: 'full' | 'compact'
}

export interface Program<F extends Parameters, C> extends Manners {
  readonly name: string
  readonly help: string
  readonly flags: F
  readonly commands: readonly Command<C>[]
}

export function defineProgram<F extends Parameters, C = unknown>(
  about: Omit<Program<F, C>, 'commands'> & { readonly commands?: readonly Command<C>[] },
): Program<F, C> {
  return { commands: [], ...about }
}
