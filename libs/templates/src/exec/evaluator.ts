/**
 * Evaluates the pipelines of an executing template: fields, methods, functions and literals, with Go's checks of
 * argument types. Order of checks and texts follow Go's text/template.
 */
import { FunctionError, TemplateExecError } from '../errors.ts'
import type { TemplateFunction } from '../functions/define.ts'
import type { CommandNode, NumberNode, Operand, PipeNode } from '../parse/nodes.ts'
import { printNode } from '../parse/nodes.ts'
import { duration } from '../time/go-time.ts'
import {
  asList,
  asMap,
  asText,
  GoList,
  GoMap,
  GoStruct,
  goType,
  isNil,
  isTrue,
  type Method,
  typeName,
  type Value,
} from '../values.ts'
import type { Frame } from './frame.ts'

/** Stands for "no value came down the pipeline". */
const NOTHING = Symbol('nothing')
type Final = Value | typeof NOTHING

export interface EvaluatorHost {
  readonly functions: (name: string) => TemplateFunction | undefined
  /** Counts steps; throws when there were too many. */
  step(count?: number): void
  /** Throws when a string is larger than one execution may make. */
  checkSize(value: Value): void
}

export class Evaluator {
  readonly #host: EvaluatorHost

  constructor(host: EvaluatorHost) {
    this.#host = host
  }

  pipeline(frame: Frame, dot: Value, pipe: PipeNode | undefined): Value {
    if (!pipe) return undefined
    frame.at(pipe)
    let value: Final = NOTHING
    for (const command of pipe.commands) {
      value = this.#command(frame, dot, command, value)
      if (value === null) value = undefined
    }
    for (const variable of pipe.declarations) {
      const name = variable.names[0] as string
      if (pipe.isAssign) frame.assign(name, value as Value)
      else frame.declare(name, value as Value)
    }
    return value as Value
  }

  #command(frame: Frame, dot: Value, command: CommandNode, final: Final): Value {
    this.#host.step()
    const first = command.args[0] as Operand
    switch (first.kind) {
      case 'field':
        return this.#field(frame, dot, first, command.args, final)
      case 'chain':
        return this.#chain(frame, dot, first, command.args, final)
      case 'identifier':
        return this.#function(frame, dot, first, command, command.args, final)
      case 'pipe':
        this.#notAFunction(frame, command.args, final)
        return this.pipeline(frame, dot, first)
      case 'variable':
        return this.#variable(frame, dot, first, command.args, final)
    }
    frame.at(first)
    this.#notAFunction(frame, command.args, final)
    switch (first.kind) {
      case 'bool':
        return first.value
      case 'dot':
        return dot
      case 'nil':
        return frame.fail('nil is not a command')
      case 'number':
        return this.#number(frame, first)
      case 'string':
        return first.text
    }
  }

  #notAFunction(frame: Frame, args: readonly Operand[], final: Final): void {
    if (args.length > 1 || final !== NOTHING) {
      frame.fail(`can't give argument to non-function ${printNode(args[0] as Operand)}`)
    }
  }

  #number(frame: Frame, node: NumberNode): Value {
    frame.at(node)
    const isHex = /^[+-]?0[xX]/.test(node.text)
    const isFloat = !node.isRune && !isHex && /[.eEpP]/.test(node.text)
    if (isFloat || (isHex && /[pP]/.test(node.text))) return node.float
    const int = node.int as bigint
    if (int > 0x7fffffffffffffffn || int < -0x8000000000000000n) {
      return frame.fail(`${node.text} overflows int`)
    }
    return int
  }

  #field(
    frame: Frame,
    dot: Value,
    node: Operand & { kind: 'field' },
    args: readonly Operand[],
    final: Final,
  ): Value {
    frame.at(node)
    return this.#fieldChain(frame, dot, dot, node, node.names, args, final)
  }

  #chain(
    frame: Frame,
    dot: Value,
    node: Operand & { kind: 'chain' },
    args: readonly Operand[],
    final: Final,
  ): Value {
    frame.at(node)
    if (node.operand.kind === 'nil')
      return frame.fail(`indirection through explicit nil in ${printNode(node)}`)
    const receiver = this.#argument(frame, dot, undefined, node.operand)
    return this.#fieldChain(frame, dot, receiver, node, node.names, args, final)
  }

  #variable(
    frame: Frame,
    dot: Value,
    node: Operand & { kind: 'variable' },
    args: readonly Operand[],
    final: Final,
  ): Value {
    frame.at(node)
    const value = frame.read(node.names[0] as string)
    if (node.names.length === 1) {
      this.#notAFunction(frame, args, final)
      return value
    }
    return this.#fieldChain(frame, dot, value, node, node.names.slice(1), args, final)
  }

  #fieldChain(
    frame: Frame,
    dot: Value,
    start: Value,
    node: Operand,
    names: readonly string[],
    args: readonly Operand[],
    final: Final,
  ): Value {
    let receiver = start
    for (const name of names.slice(0, -1)) {
      receiver = this.#member(frame, dot, name, node, [], NOTHING, receiver)
    }
    return this.#member(frame, dot, names.at(-1) as string, node, args, final, receiver)
  }

  /** A method, a struct field or a map entry, in this order. */
  #member(
    frame: Frame,
    dot: Value,
    name: string,
    node: Operand,
    args: readonly Operand[],
    final: Final,
    receiver: Value,
  ): Value {
    if (receiver === undefined) return undefined
    const type = goType(receiver)
    if (receiver === null) return frame.fail(`nil pointer evaluating interface {}.${name}`)
    const method = ownEntry(type?.methods, name) as Method<Value> | undefined
    if (method) {
      const fn: TemplateFunction = {
        params: method.params,
        ...(method.variadic === undefined ? {} : { variadic: method.variadic }),
        call: (...given) => method.call(receiver, ...given),
      }
      return this.#call(frame, dot, fn, node, name, args, final)
    }
    const hasArgs = args.length > 1 || final !== NOTHING
    if (receiver instanceof GoStruct && Object.hasOwn(receiver.fields, name)) {
      if (hasArgs) frame.fail(`${name} has arguments but cannot be invoked as function`)
      return receiver.fields[name] ?? null
    }
    const map = asMap(receiver)
    if (map) {
      if (hasArgs) frame.fail(`${name} is not a method but has arguments`)
      return map.entries.has(name) ? (map.entries.get(name) ?? null) : (map.type.zero ?? null)
    }
    return frame.fail(`can't evaluate field ${name} in type ${typeName(receiver)}`)
  }

  #function(
    frame: Frame,
    dot: Value,
    node: Operand & { kind: 'identifier' },
    place: Operand | CommandNode,
    args: readonly Operand[],
    final: Final,
  ): Value {
    frame.at(node)
    const fn = this.#host.functions(node.name)
    if (!fn) return frame.fail(`${JSON.stringify(node.name)} is not a defined function`)
    return this.#call(frame, dot, fn, place, node.name, args, final)
  }

  #call(
    frame: Frame,
    dot: Value,
    fn: TemplateFunction,
    node: Operand | CommandNode,
    name: string,
    allArgs: readonly Operand[],
    final: Final,
  ): Value {
    const args = allArgs.slice(1)
    const fixed = fn.params.length
    const given = args.length + (final === NOTHING ? 0 : 1)
    if (fn.variadic !== undefined && given < fixed) {
      frame.fail(`wrong number of args for ${name}: want at least ${fixed} got ${given}`)
    }
    if (fn.variadic === undefined && given !== fixed) {
      frame.fail(`wrong number of args for ${name}: want ${fixed} got ${given}`)
    }
    if (fn.isShortCircuit) {
      return this.#shortCircuit(frame, dot, name === 'or', args, final)
    }
    const typeAt = (i: number) => fn.params[i] ?? fn.variadic
    const values = args.map((arg, i) => this.#argument(frame, dot, typeAt(i), arg))
    if (final !== NOTHING) values.push(this.#checked(frame, final, typeAt(args.length)))
    this.#host.step(costOf(values) * (fn.weight ?? 1))
    let result: Value
    try {
      result = fn.call(...values)
    } catch (err) {
      if (err instanceof RangeError) {
        frame.at(node)
        return frame.fail(`error calling ${name}: result is too large`)
      }
      if (!(err instanceof FunctionError || err instanceof TemplateExecError)) throw err
      frame.at(node)
      const fn = allArgs[1]
      const isNoFunction = name === 'call' && fn && err.message.startsWith('non-function ')
      const message = isNoFunction
        ? `non-function ${printNode(fn)} of type ${typeName(values[0])}`
        : err.message
      return frame.fail(`error calling ${name}: ${message}`)
    }
    this.#host.checkSize(result)
    this.#host.step(costOf([result]) * (fn.weight ?? 1))
    return result
  }

  #shortCircuit(
    frame: Frame,
    dot: Value,
    verdict: boolean,
    args: readonly Operand[],
    final: Final,
  ): Value {
    let value: Value
    for (const arg of args) {
      value = this.#argument(frame, dot, 'any', arg)
      if (isTrue(value) === verdict) return value
    }
    return final === NOTHING ? value : final
  }

  /** One argument, for a parameter of the Go type `type`; undefined takes any value as it is. */
  #argument(frame: Frame, dot: Value, type: string | undefined, node: Operand): Value {
    this.#host.step()
    frame.at(node)
    switch (node.kind) {
      case 'dot':
        return this.#checked(frame, dot, type)
      case 'nil':
        if (type === undefined || isNilable(type)) return undefined
        return frame.fail(`cannot assign nil to ${type}`)
      case 'field':
        return this.#checked(frame, this.#field(frame, dot, node, [node], NOTHING), type)
      case 'variable':
        return this.#checked(frame, this.#variable(frame, dot, node, [], NOTHING), type)
      case 'pipe':
        return this.#checked(frame, this.pipeline(frame, dot, node), type)
      case 'identifier':
        return this.#checked(frame, this.#function(frame, dot, node, node, [], NOTHING), type)
      case 'chain':
        return this.#checked(frame, this.#chain(frame, dot, node, [], NOTHING), type)
    }
    switch (type) {
      case undefined:
      case 'any':
        if (node.kind === 'number') return this.#number(frame, node)
        return node.kind === 'string' ? node.text : node.value
      case 'bool':
        return node.kind === 'bool'
          ? node.value
          : frame.fail(`expected bool; found ${printNode(node)}`)
      case 'string':
        return node.kind === 'string'
          ? node.text
          : frame.fail(`expected string; found ${printNode(node)}`)
      case 'float64':
        return node.kind === 'number' && node.float !== undefined
          ? node.float
          : frame.fail(`expected float; found ${printNode(node)}`)
      case 'int':
        return node.kind === 'number' && node.int !== undefined
          ? node.int
          : frame.fail(`expected integer; found ${printNode(node)}`)
      case 'time.Duration':
        return node.kind === 'number' && node.int !== undefined
          ? duration(node.int)
          : frame.fail(`expected integer; found ${printNode(node)}`)
      default:
        return frame.fail(`can't handle ${printNode(node)} for arg of type ${type}`)
    }
  }

  #checked(frame: Frame, value: Value, type: string | undefined): Value {
    if (type === undefined || type === 'any') return value
    if (value === undefined) {
      if (isNilable(type)) return null
      return frame.fail(`invalid value; expected ${type}`)
    }
    if (fits(value, type)) return value
    const found = value === null ? 'interface {}' : typeName(value)
    return frame.fail(`wrong type for value; expected ${type}; got ${found}`)
  }
}

function ownEntry(table: Readonly<Record<string, unknown>> | undefined, name: string): unknown {
  return table && Object.hasOwn(table, name) ? table[name] : undefined
}

/** Long texts and lists take longer: so many units of them are as much work as one step. */
const UNITS_PER_STEP = 64

function costOf(values: readonly Value[]): number {
  let units = 0
  for (const value of values) {
    if (typeof value === 'string') units += value.length
    else if (typeof value === 'object') {
      units +=
        asText(value)?.length ?? asList(value)?.items.length ?? asMap(value)?.entries.size ?? 0
    }
  }
  return units / UNITS_PER_STEP
}

function isNilable(type: string): boolean {
  return type === 'any' || /^(\*|\[\]|map\[|func)/.test(type)
}

function fits(value: Value, type: string): boolean {
  if (isNil(value)) return false
  if (typeName(value) === type) return true
  // A named slice or map goes where its unnamed type is wanted, and the other way round.
  if (value instanceof GoList && value.type.element) return type === `[]${value.type.element}`
  if (value instanceof GoMap) return type === `map[string]${value.type.element}`
  return false
}
