/**
 * Expands templates whose `query` has to wait for an answer. Execution itself is synchronous: when it meets a query
 * without an answer it stops, the query runs, and execution starts again with the answer at hand. All queries of an
 * expander are at one instant, so the same text has the same answer.
 */

import { FunctionError, TemplateExecError } from '../errors.ts'
import type { FunctionTable } from '../functions/define.ts'
import type { TemplateSet } from '../template-set.ts'
import type { GoList, Value } from '../values.ts'
import { prometheusFunctions } from './functions.ts'
import { queryResult, type TemplateSample } from './samples.ts'

/** Runs an instant query; rejects with the error the original shows. */
export type QueryFn = (expression: string, timeMs: number) => Promise<readonly TemplateSample[]>

export interface ExpandScope {
  readonly query: QueryFn
  /** The instant of all queries, milliseconds. */
  readonly timeMs: number
  readonly externalUrl: string
}

/** Different queries of one expansion; answers kept by one expander. */
const QUERIES_MAX = 1000

/** Thrown out of an execution that needs an answer first. */
class QueryWanted extends Error {
  readonly expression: string

  constructor(expression: string) {
    super('query wanted')
    this.expression = expression
  }
}

type Answer = { readonly result: GoList } | { readonly error: string }

export class QueryingExpander {
  readonly #scope: ExpandScope
  readonly #functions: FunctionTable
  readonly #answers = new Map<string, Answer>()

  /** `extra` are functions on top of those of alert templates. */
  constructor(scope: ExpandScope, extra: (functions: FunctionTable) => FunctionTable = () => ({})) {
    this.#scope = scope
    const functions = prometheusFunctions({
      query: (expression) => this.#lookUp(expression),
      timeMs: scope.timeMs,
      externalUrl: scope.externalUrl,
      pathPrefix: pathOf(scope.externalUrl),
    })
    this.#functions = { ...functions, ...extra(functions) }
  }

  /** The output: at once where no query has to be asked. Throws or rejects with TemplateExecError. */
  run(set: TemplateSet, name: string, data: Value): string | Promise<string> {
    try {
      return set.execute(name, data, this.#functions)
    } catch (err) {
      if (!(err instanceof QueryWanted)) throw err
      return this.#runWithAnswers(set, name, data, err.expression)
    }
  }

  async #runWithAnswers(
    set: TemplateSet,
    name: string,
    data: Value,
    first: string,
  ): Promise<string> {
    if (this.#answers.size >= QUERIES_MAX) this.#answers.clear()
    let wanted = first
    for (let count = 0; count < QUERIES_MAX; count++) {
      this.#answers.set(wanted, await this.#ask(wanted))
      try {
        return set.execute(name, data, this.#functions)
      } catch (err) {
        if (!(err instanceof QueryWanted)) throw err
        wanted = err.expression
      }
    }
    throw new TemplateExecError(`template: ${name}: more than ${QUERIES_MAX} queries`)
  }

  #lookUp(expression: string): GoList {
    const answer = this.#answers.get(expression)
    if (!answer) throw new QueryWanted(expression)
    if ('error' in answer) throw new FunctionError(answer.error)
    return answer.result
  }

  async #ask(expression: string): Promise<Answer> {
    try {
      return { result: queryResult(await this.#scope.query(expression, this.#scope.timeMs)) }
    } catch (err) {
      return { error: err instanceof Error ? err.message : String(err) }
    }
  }
}

/** The path of an absolute URL. */
function pathOf(url: string): string {
  const match = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*([^?#]*)/i.exec(url)
  return match ? (match[1] as string) : url
}
