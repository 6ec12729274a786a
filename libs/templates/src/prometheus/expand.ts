/**
 * Expands a template whose `query` has to wait for an answer. Execution itself is synchronous: when it meets a query
 * without an answer it stops, the query runs, and execution starts again with the answer at hand. All queries of an
 * expansion are at one instant, so the same text has the same answer.
 */
import { FunctionError, TemplateExecError } from '../errors.ts'
import type { TemplateSet } from '../template-set.ts'
import type { GoList, Value } from '../values.ts'
import { prometheusFunctions } from './functions.ts'
import { queryResult, type TemplateSample } from './samples.ts'

/** Runs an instant query; rejects with the error the original shows. */
export type QueryFn = (expression: string, timeMs: number) => Promise<readonly TemplateSample[]>

export interface ExpandScope {
  readonly query: QueryFn
  readonly timeMs: number
  readonly externalUrl: string
}

/** Different queries of one expansion. */
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

/** Throws TemplateExecError. */
export async function expandWithQueries(
  set: TemplateSet,
  name: string,
  data: Value,
  scope: ExpandScope,
): Promise<string> {
  const answers = new Map<string, Answer>()
  const lookUp = (expression: string): GoList => {
    const answer = answers.get(expression)
    if (!answer) throw new QueryWanted(expression)
    if ('error' in answer) throw new FunctionError(answer.error)
    return answer.result
  }
  const bound = set.withFunctions(
    prometheusFunctions({
      query: lookUp,
      timeMs: scope.timeMs,
      externalUrl: scope.externalUrl,
      pathPrefix: pathOf(scope.externalUrl),
    }),
  )
  for (;;) {
    try {
      return bound.execute(name, data)
    } catch (err) {
      if (!(err instanceof QueryWanted)) throw err
      if (answers.size >= QUERIES_MAX) {
        throw new TemplateExecError(`template: ${name}: more than ${QUERIES_MAX} queries`)
      }
      answers.set(err.expression, await ask(scope, err.expression))
    }
  }
}

async function ask(scope: ExpandScope, expression: string): Promise<Answer> {
  try {
    return { result: queryResult(await scope.query(expression, scope.timeMs)) }
  } catch (err) {
    return { error: err instanceof Error ? err.message : String(err) }
  }
}

/** The path of an absolute URL without its trailing slash. */
function pathOf(url: string): string {
  const match = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*([^?#]*)/i.exec(url)
  return match ? (match[1] as string) : url
}
