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
  readonly #textSet: TemplateSet
  readonly #htmlSet: TemplateSet

  /** Throws TemplateParseError for a file that is no template. */
  constructor(files: readonly TemplateSource[], { externalUrl, now }: TemplatesOptions) {
    this.externalUrl = externalUrl
    const sources = [{ name: 'default.tmpl', text: DEFAULT_TEMPLATES }, ...files]
    const functions = alertmanagerFunctions({ now })
    this.#textSet = compileTemplates(sources, functions)
    this.#htmlSet = compileTemplates(sources, functions, { isHtml: true })
  }

  data(notification: Notification, alerts?: readonly NotifiedAlert[]): Value {
    return templateData(notification, this.externalUrl, alerts)
  }

  /** Expands `text` with every template at hand. Throws NotifyError: a template does not mend itself. */
  text(text: string, data: Value): string {
    return text.includes('{{') ? expand(this.#textSet, text, data) : text
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
