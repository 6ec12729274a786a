/** Walks a parsed template and writes its output, within limits. */
import { quoteGo } from '@prom/model'
import { TemplateExecError } from '../errors.ts'
import { sprint } from '../format/printf.ts'
import type { TemplateFunction } from '../functions/define.ts'
import type { TemplateLimits } from '../limits.ts'
import type { ListNode, Node, RangeNode, TemplateNode } from '../parse/nodes.ts'
import type { Tree } from '../parse/parse.ts'
import { asInteger, asList, asMap, asText, isNil, isTrue, type Value } from '../values.ts'
import { Evaluator } from './evaluator.ts'
import { Frame } from './frame.ts'

export interface ExecutionSources {
  readonly tree: (name: string) => Tree | undefined
  readonly functions: (name: string) => TemplateFunction | undefined
  readonly limits: TemplateLimits
  /** Shared by executions inside one another. */
  readonly budget: Budget
}

/** What has been used so far. */
export interface Budget {
  steps: number
  size: number
  /** Executions inside executions. */
  depth: number
}

/** How a list of nodes ended: by itself, or on the way out of a range. */
type Exit = 'end' | 'break' | 'continue'

export class Execution {
  readonly #sources: ExecutionSources
  readonly #evaluator: Evaluator
  readonly #parts: string[] = []

  constructor(sources: ExecutionSources) {
    this.#sources = sources
    this.#evaluator = new Evaluator({
      functions: sources.functions,
      step: (count) => this.#step(count),
      checkSize: (value) => this.#checkSize(value),
    })
  }

  /** The output; throws TemplateExecError. */
  run(tree: Tree, data: Value): string {
    const frame = new Frame(tree, 0, data === null ? undefined : data)
    this.#list(frame, data === null ? undefined : data, tree.root)
    return this.#parts.join('')
  }

  #step(count = 1): void {
    this.#sources.budget.steps += count
    if (this.#sources.budget.steps > this.#sources.limits.stepsMax) {
      throw new TemplateExecError(
        `template: execution took more than ${this.#sources.limits.stepsMax} steps`,
      )
    }
  }

  #checkSize(value: Value): void {
    const { outputMax } = this.#sources.limits
    if ((asText(value)?.length ?? 0) > outputMax) {
      throw new TemplateExecError(`template: value is larger than ${outputMax} characters`)
    }
  }

  #write(text: string): void {
    const { budget, limits } = this.#sources
    const { outputMax } = limits
    budget.size += text.length
    if (budget.size > outputMax) {
      throw new TemplateExecError(`template: output is larger than ${outputMax} characters`)
    }
    this.#parts.push(text)
  }

  #list(frame: Frame, dot: Value, list: ListNode): Exit {
    for (const node of list.nodes) {
      const exit = this.#node(frame, dot, node)
      if (exit !== 'end') return exit
    }
    return 'end'
  }

  #node(frame: Frame, dot: Value, node: Node): Exit {
    this.#step()
    frame.at(node)
    switch (node.kind) {
      case 'text':
        this.#write(node.text)
        return 'end'
      case 'action': {
        const value = this.#evaluator.pipeline(frame, dot, node.pipe)
        if (node.pipe.declarations.length === 0) {
          frame.at(node)
          this.#write(printValue(value))
        }
        return 'end'
      }
      case 'if':
      case 'with': {
        const mark = frame.mark()
        const value = this.#evaluator.pipeline(frame, dot, node.pipe)
        let exit: Exit = 'end'
        if (isTrue(value)) exit = this.#list(frame, node.kind === 'with' ? value : dot, node.list)
        else if (node.elseList) exit = this.#list(frame, dot, node.elseList)
        frame.pop(mark)
        return exit
      }
      case 'range':
        return this.#range(frame, dot, node)
      case 'template':
        this.#template(frame, dot, node)
        return 'end'
      case 'break':
      case 'continue':
        return node.kind
    }
  }

  #range(frame: Frame, dot: Value, node: RangeNode): Exit {
    const outer = frame.mark()
    const value = this.#evaluator.pipeline(frame, dot, node.pipe)
    const mark = frame.mark()
    let count = 0
    let isBroken = false
    // Returns whether to go on.
    const once = (index: Value, item: Value): boolean => {
      this.#step()
      count++
      this.#loopVariables(frame, node, index, item)
      const exit = this.#list(frame, item, node.list)
      frame.pop(mark)
      isBroken = exit === 'break'
      return !isBroken
    }
    this.#iterate(frame, node, value, once)
    let exit: Exit = 'end'
    if (count === 0 && node.elseList) exit = this.#list(frame, dot, node.elseList)
    frame.pop(outer)
    return exit
  }

  #loopVariables(frame: Frame, { pipe }: RangeNode, index: Value, item: Value): void {
    const [first, second] = pipe.declarations.map((variable) => variable.names[0] as string)
    if (first === undefined) return
    if (pipe.isAssign) {
      frame.assign(first, second === undefined ? item : index)
      if (second !== undefined) frame.assign(second, item)
      return
    }
    frame.setTop(1, item)
    if (second !== undefined) frame.setTop(2, index)
  }

  #iterate(
    frame: Frame,
    node: RangeNode,
    value: Value,
    once: (index: Value, item: Value) => boolean,
  ): void {
    if (isNil(value)) return
    const list = asList(value)
    if (list) {
      for (let i = 0; i < list.items.length; i++) {
        if (!once(BigInt(i), list.items[i] ?? null)) return
      }
      return
    }
    const map = asMap(value)
    if (map) {
      for (const key of map.sortedKeys()) if (!once(key, map.entries.get(key) ?? null)) return
      return
    }
    const count = asInteger(value)
    if (count !== undefined) {
      if (node.pipe.declarations.length > 1) {
        frame.fail(`can't use ${count} to iterate over more than one variable`)
      }
      for (let i = 0n; i < count; i++) if (!once(i, i)) return
      return
    }
    frame.fail(`range can't iterate over ${sprint([value])}`)
  }

  #template(frame: Frame, dot: Value, node: TemplateNode): void {
    frame.at(node)
    const tree = this.#sources.tree(node.name)
    if (!tree) frame.fail(`template ${quoteGo(node.name)} not defined`)
    if (frame.depth >= this.#sources.limits.depthMax) {
      frame.fail(`exceeded maximum template depth (${this.#sources.limits.depthMax})`)
    }
    const data = this.#evaluator.pipeline(frame, dot, node.pipe)
    this.#list(new Frame(tree, frame.depth + 1, data), data, tree.root)
  }
}

/** A value as an action prints it. */
export function printValue(value: Value): string {
  if (isNil(value)) return '<no value>'
  return typeof value === 'string' ? value : sprint([value])
}
