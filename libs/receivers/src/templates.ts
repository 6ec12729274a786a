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
  readonly #set: TemplateSet

  /** Throws TemplateParseError for a file that is no template. */
  constructor(files: readonly TemplateSource[], { externalUrl, now }: TemplatesOptions) {
    this.externalUrl = externalUrl
    this.#set = compileTemplates(
      [{ name: 'default.tmpl', text: DEFAULT_TEMPLATES }, ...files],
      alertmanagerFunctions({ now }),
    )
  }

  data(notification: Notification, alerts?: readonly NotifiedAlert[]): Value {
    return templateData(notification, this.externalUrl, alerts)
  }

  /** Expands `text` with every template at hand. Throws NotifyError: a template does not mend itself. */
  text(text: string, data: Value): string {
    if (!text.includes('{{')) return text
    try {
      return this.#set.expandText(text, data)
    } catch (err) {
      throw new NotifyError((err as Error).message, { canRetry: false, cause: err })
    }
  }

  /** As `text`, every value escaped for its place in the HTML around it. */
  html(text: string, data: Value): string {
    try {
      return this.#set.expandText(text, data)
    } catch (err) {
      throw new NotifyError((err as Error).message, { canRetry: false, cause: err })
    }
  }
}
