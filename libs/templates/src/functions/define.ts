/** How a template function is declared: Go names of its parameter types, and what it does. */
import type { Value } from '../values.ts'

export interface TemplateFunction {
  /** Go type names: string, float64, int, bool, any (`interface {}`), or a named type. */
  readonly params: readonly string[]
  /** Type of further arguments, where there may be any number. */
  readonly variadic?: string
  /** Throws FunctionError for `error calling name: ...`. */
  readonly call: (...args: Value[]) => Value
  /** `and`, `or`: later arguments are not evaluated once the verdict is clear. */
  readonly isShortCircuit?: boolean
  /** How much longer than others it takes on long texts; 1 where there is none. */
  readonly weight?: number
}

export type FunctionTable = Readonly<Record<string, TemplateFunction>>

type Argument<Name> = Name extends 'string'
  ? string
  : Name extends 'float64'
    ? number
    : Name extends 'int'
      ? bigint
      : Name extends 'bool'
        ? boolean
        : Value

type Arguments<Params extends readonly string[]> = {
  [Index in keyof Params]: Argument<Params[Index]>
}

/** A function of fixed arguments, typed from the Go names of its parameters. */
export function define<const Params extends readonly string[]>(
  params: Params,
  call: (...args: Arguments<Params>) => Value,
): TemplateFunction {
  return { params, call: call as TemplateFunction['call'] }
}

/** A function whose last parameter takes any number of arguments. */
export function defineVariadic<const Params extends readonly string[], const Rest extends string>(
  params: Params,
  variadic: Rest,
  call: (...args: [...Arguments<Params>, ...Argument<Rest>[]]) => Value,
): TemplateFunction {
  return { params, variadic, call: call as TemplateFunction['call'] }
}
