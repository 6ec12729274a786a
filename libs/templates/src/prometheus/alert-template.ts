/** Templates of alert labels and annotations. */
import { TemplateExecError, TemplateParseError } from '../errors.ts'
import { compileTemplates, type TemplateSet } from '../template-set.ts'
import { type GoMap, GoStruct, type GoType, type Value } from '../values.ts'
import { expandWithQueries, type QueryFn } from './expand.ts'
import { prometheusFunctionNames } from './functions.ts'

/** Makes `$labels` and its siblings; error columns of the original count it. */
const PROLOGUE =
  '{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}'

const DATA: GoType<GoStruct> = {
  name: 'struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value interface {} }',
}

/** What an alert's templates are expanded with. */
export interface AlertScope {
  /** Labels of the series, by name; `labelMap` makes them. */
  readonly labels: GoMap
  readonly externalLabels: GoMap
  readonly externalUrl: string
  readonly value: Value
  /** Evaluation time. */
  readonly timeMs: number
  readonly query: QueryFn
}

/** One label or annotation of an alerting rule, parsed once. */
export class AlertTemplate {
  readonly #name: string
  readonly #text: string
  #set: TemplateSet | undefined
  #parseError: string | undefined

  constructor(alertName: string, text: string) {
    this.#name = `__alert_${alertName}`
    this.#text = text
    if (!text.includes('{{')) return
    try {
      const source = { name: this.#name, text: PROLOGUE + text }
      this.#set = compileTemplates([source], prometheusFunctionNames)
    } catch (err) {
      if (!(err instanceof TemplateParseError)) throw err
      this.#parseError = err.message
    }
  }

  /** Go's text of what is wrong with the template, if it does not parse. */
  get parseError(): string | undefined {
    return this.#parseError
  }

  /**
   * The expanded text; where the template fails, `<error expanding template: ...>` as the original puts it, which
   * goes to `onError` too.
   */
  async expand(scope: AlertScope, onError?: (message: string) => void): Promise<string> {
    if (!this.#set && this.#parseError === undefined) return this.#text
    let message = `error parsing template ${this.#name}: ${this.#parseError}`
    if (this.#set) {
      try {
        return await this.#run(this.#set, scope)
      } catch (err) {
        if (!(err instanceof TemplateExecError)) throw err
        message = `error executing template ${this.#name}: ${err.message}`
      }
    }
    onError?.(message)
    return `<error expanding template: ${message}>`
  }

  #run(set: TemplateSet, scope: AlertScope): Promise<string> {
    const data = new GoStruct(DATA, {
      Labels: scope.labels,
      ExternalLabels: scope.externalLabels,
      ExternalURL: scope.externalUrl,
      Value: scope.value,
    })
    const { query, timeMs, externalUrl } = scope
    return expandWithQueries(set, this.#name, data, { query, timeMs, externalUrl })
  }
}

/** Go's text of what is wrong with a label or annotation template, or undefined if it parses. */
export function checkAlertTemplate(alertName: string, text: string): string | undefined {
  return new AlertTemplate(alertName, text).parseError
}
