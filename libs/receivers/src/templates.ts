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

  /** As `text`; what comes from alerts is escaped, so that none of it is taken for HTML. */
  html(text: string, notification: Notification): string {
    const escaped = templateData(notification, this.externalUrl, notification.alerts, escapeForHtml)
    return this.text(text, escaped)
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
}

/** An address of a script becomes harmless, in a link or anywhere else. */
function escapeForHtml(text: string): string {
  const safe = /^\s*(javascript|vbscript|data):/i.test(text) ? `#${text}` : text
  return safe.replace(/[&<>"']/g, (char) => ESCAPES[char] as string)
}
