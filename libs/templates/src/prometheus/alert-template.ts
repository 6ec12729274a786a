/** Templates of alert labels and annotations. */
import { TemplateExecError, TemplateParseError } from '../errors.ts'
import { compileTemplates, type TemplateSet } from '../template-set.ts'
import { type GoMap, GoStruct, type GoType, type Value } from '../values.ts'
import { type ExpandScope, QueryingExpander } from './expand.ts'
import { prometheusFunctionNames } from './functions.ts'

/** Makes `$labels` and its siblings; error columns of the original count it. */
const PROLOGUE =
  '{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}'

const DATA: GoType<GoStruct> = {
  name: 'struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value interface {} }',
}

/** One label or annotation of an alerting rule, parsed once. */
export class AlertTemplate {
  readonly name: string
  readonly text: string
  readonly set: TemplateSet | undefined
  /** Go's text of what is wrong with the template, if it does not parse. */
  readonly parseError: string | undefined

  constructor(alertName: string, text: string) {
    this.name = `__alert_${alertName}`
    this.text = text
    if (!text.includes('{{')) return
    try {
      const source = { name: this.name, text: PROLOGUE + text }
      this.set = compileTemplates([source], prometheusFunctionNames)
    } catch (err) {
      if (!(err instanceof TemplateParseError)) throw err
      this.parseError = err.message
    }
  }

  /** Whether the text is the same for every alert. */
  get isPlain(): boolean {
    return this.set === undefined && this.parseError === undefined
  }
}

/** What all alerts of one evaluation share. */
export interface AlertScope extends ExpandScope {
  readonly externalLabels: GoMap
  /** Told of each template that failed: `error executing template __alert_X: ...`. */
  readonly onError?: (message: string) => void
}

/** Expands the templates of one rule at one evaluation. */
export class AlertExpander {
  readonly #scope: AlertScope
  /** Made for the first template that needs it: most evaluations find no alert. */
  #expander: QueryingExpander | undefined

  constructor(scope: AlertScope) {
    this.#scope = scope
  }

  /**
   * The expanded text: at once where no query has to be asked. Where the template fails it is
   * `<error expanding template: ...>` with the text of the original. `labels` comes from `labelMap`.
   */
  expand(template: AlertTemplate, labels: GoMap, value: Value): string | Promise<string> {
    if (template.isPlain) return template.text
    const { name, set } = template
    if (!set) return this.#failed(`error parsing template ${name}: ${template.parseError}`)
    const { externalLabels, externalUrl } = this.#scope
    const data = new GoStruct(DATA, {
      Labels: labels,
      ExternalLabels: externalLabels,
      ExternalURL: externalUrl,
      Value: value,
    })
    try {
      this.#expander ??= new QueryingExpander(this.#scope)
      const result = this.#expander.run(set, name, data)
      if (typeof result === 'string') return result
      return result.catch((err) => this.#executionFailed(name, err))
    } catch (err) {
      return this.#executionFailed(name, err)
    }
  }

  #executionFailed(name: string, err: unknown): string {
    if (!(err instanceof TemplateExecError)) throw err
    return this.#failed(`error executing template ${name}: ${err.message}`)
  }

  #failed(message: string): string {
    this.#scope.onError?.(message)
    return `<error expanding template: ${message}>`
  }
}

/** Text with nothing but labels and the value in it, maybe through a function or two: most templates. */
const PLAIN_TEMPLATE =
  /^(?:[^{]|\{(?!\{)|\{\{ ?(?:\$labels\.[a-zA-Z_]\w*|\$value)(?: ?\| ?(?:humanize|humanize1024|humanizeDuration|humanizePercentage|humanizeTimestamp|title|toLower|toUpper))* ?\}\})*$/

/** Go's text of what is wrong with a label or annotation template, or undefined if it parses. */
export function checkAlertTemplate(alertName: string, text: string): string | undefined {
  if (PLAIN_TEMPLATE.test(text)) return undefined
  return new AlertTemplate(alertName, text).parseError
}
