/** The templates of one configuration: the built-in ones, then the user's files. */
import {
  alertmanagerFunctions,
  compileTemplates,
  type TemplateSet,
  type TemplateSource,
  type Value,
} from '@prom/templates'
import { DEFAULT_TEMPLATES } from './default-templates.ts'
import { NotifyError } from './errors.ts'
import type { Notification, NotifiedAlert } from './notification.ts'
import { templateData } from './template-data.ts'

export interface TemplatesOptions {
  readonly externalUrl: string
  readonly now: () => number
}

export class NotificationTemplates {
  readonly externalUrl: string
  #textSet: TemplateSet
  #htmlSet: TemplateSet
  readonly #options: TemplatesOptions
  #onText: (source: string, text: string) => void = () => {}

  /** Throws TemplateParseError for a file that is no template. */
  constructor(files: readonly TemplateSource[], options: TemplatesOptions) {
    const { externalUrl, now } = options
    this.#options = options
    this.externalUrl = externalUrl
    const sources = [{ name: 'default.tmpl', text: DEFAULT_TEMPLATES }, ...files]
    const functions = alertmanagerFunctions({ now })
    this.#textSet = compileTemplates(sources, functions)
    this.#htmlSet = compileTemplates(sources, functions, { isHtml: true })
  }

  /** The same templates, whose expansions of plain texts `onText` is told of. */
  listening(onText: (source: string, text: string) => void): NotificationTemplates {
    const copy = new NotificationTemplates([], this.#options)
    copy.#textSet = this.#textSet
    copy.#htmlSet = this.#htmlSet
    copy.#onText = onText
    return copy
  }

  data(notification: Notification, alerts?: readonly NotifiedAlert[]): Value {
    return templateData(notification, this.externalUrl, alerts)
  }

  /** Expands `text` with every template at hand. Throws NotifyError: a template does not mend itself. */
  text(text: string, data: Value): string {
    if (!text.includes('{{')) return text
    const expanded = expand(this.#textSet, text, data)
    this.#onText(text, expanded)
    return expanded
  }

  /** As `text`, in an HTML document: every value is escaped for its place. */
  html(text: string, data: Value): string {
    return expand(this.#htmlSet, text, data)
  }
}

function expand(set: TemplateSet, text: string, data: Value): string {
  try {
    return set.expandText(text, data)
  } catch (err) {
    throw new NotifyError((err as Error).message, { canRetry: false, cause: err })
  }
}
