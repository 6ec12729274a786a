/** One executing template: its variables, and where it is, for error texts. */
import { quoteGo } from '@prom/model'
import { TemplateExecError } from '../errors.ts'
import {
  type CommandNode,
  type ListNode,
  type Node,
  type Operand,
  printNode,
} from '../parse/nodes.ts'
import type { Tree } from '../parse/parse.ts'
import type { Value } from '../values.ts'

type Place = Node | Operand | CommandNode | ListNode

export class Frame {
  readonly tree: Tree
  readonly depth: number
  readonly #names: string[] = []
  readonly #values: Value[] = []
  #place: Place | undefined

  constructor(tree: Tree, depth: number, data: Value) {
    this.tree = tree
    this.depth = depth
    this.declare('$', data)
  }

  at(place: Place): void {
    this.#place = place
  }

  /** How many variables there are now; `pop` goes back to that. */
  mark(): number {
    return this.#names.length
  }

  pop(mark: number): void {
    this.#names.length = mark
    this.#values.length = mark
  }

  declare(name: string, value: Value): void {
    this.#names.push(name)
    this.#values.push(value)
  }

  /** Sets the innermost variable of this name. */
  assign(name: string, value: Value): void {
    const index = this.#names.lastIndexOf(name)
    if (index < 0) this.fail(`undefined variable: ${name}`)
    this.#values[index] = value
  }

  /** Sets the n-th variable from the top: the loop variables of a range. */
  setTop(n: number, value: Value): void {
    this.#values[this.#values.length - n] = value
  }

  read(name: string): Value {
    const index = this.#names.lastIndexOf(name)
    if (index < 0) this.fail(`undefined variable: ${name}`)
    return this.#values[index]
  }

  /** Throws TemplateExecError: `template: file:1:2: executing "name" at <.Foo>: text`. */
  fail(text: string): never {
    const name = this.tree.name
    if (!this.#place) throw new TemplateExecError(`template: ${name}: ${text}`)
    const { source, parseName } = this.tree
    const before = source.slice(0, this.#place.pos)
    const lineStart = before.lastIndexOf('\n') + 1
    const line = before.split('\n').length
    const column = new TextEncoder().encode(before.slice(lineStart)).length
    const at = `executing ${quoteGo(name)} at <${printNode(this.#place)}>`
    throw new TemplateExecError(`template: ${parseName}:${line}:${column}: ${at}: ${text}`)
  }
}
