/** Knows the secrets of one configuration and takes them out of texts. */
import { Secret } from '@prom/yaml'

const HIDDEN = '<secret>'
const DEPTH_MAX = 20
/** Secrets are at most this many: files read, templates expanded. */
const SECRETS_MAX = 1000

export class SecretFilter {
  readonly #secrets = new Set<string>()

  /** Every `Secret` anywhere in `config` counts. */
  constructor(config: unknown) {
    this.#collect(config, 0)
  }

  add(text: string): void {
    if (text !== '' && this.#secrets.size < SECRETS_MAX) this.#secrets.add(text)
  }

  /** What a template that is a secret expands to is one too. */
  expanded(source: string, text: string): void {
    if (this.#secrets.has(source)) this.add(text)
  }

  /** An address that is secret as a whole keeps its scheme and host. */
  hide(text: string): string {
    let shown = text
    for (const secret of [...this.#secrets].sort((a, b) => b.length - a.length)) {
      const replacement = URL.canParse(secret) ? originOf(secret) : HIDDEN
      for (const form of formsOf(secret)) shown = shown.replaceAll(form, () => replacement)
    }
    return shown
  }

  #collect(value: unknown, depth: number): void {
    if (value instanceof Secret) this.add(value.reveal())
    else if (typeof value === 'object' && value !== null && depth < DEPTH_MAX) {
      const items = value instanceof Map ? value.values() : Object.values(value)
      for (const item of items) this.#collect(item, depth + 1)
    }
  }
}

function originOf(url: string): string {
  const { protocol, host } = new URL(url)
  return /^https?:$/.test(protocol) ? `${protocol}//${host}/${HIDDEN}` : HIDDEN
}

/** As it stands, in an address, in a form and in JSON. */
function formsOf(secret: string): Set<string> {
  const forms = [
    secret,
    new URLSearchParams({ '': secret }).toString().slice(1).replaceAll('+', '%20'),
    new URLSearchParams({ '': secret }).toString().slice(1),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString('base64'),
  ]
  if (URL.canParse(secret)) forms.push(new URL(secret).href)
  return new Set(forms.filter((form) => form !== ''))
}
