/** Addresses in receiver configurations, plain and secret, in the original's rules. */
import { quoteGo } from '@prom/model'
import { parsed, type Schema, Secret } from '@prom/yaml'

/** An http(s) address; kept as text, as the original prints it. */
export const httpUrl: Schema<string> = parsed<string>({
  typeName: 'string',
  zero: '',
  parse: (text) => {
    const error = urlFault(text)
    return error ? { error } : { value: text }
  },
  print: (text) => text,
})

/** An address that is never printed. `<secret>` stands for itself, so that printed files can be read again. */
export const secretUrl: Schema<Secret> = parsed<Secret>({
  typeName: 'string',
  zero: new Secret(''),
  parse: (text) => {
    if (text === '<secret>') return { value: new Secret(text) }
    const error = urlFault(text)
    return error ? { error } : { value: new Secret(text) }
  },
  print: (value) => value.toString(),
})

/** An address that may hold a template; only one without is checked. */
export const secretTemplateUrl: Schema<Secret> = parsed<Secret>({
  typeName: 'string',
  zero: new Secret(''),
  parse: (text) => {
    if (text === '' || text === '<secret>' || text.includes('{{')) {
      return { value: new Secret(text) }
    }
    const error = urlFault(text)
    return error ? { error: `invalid URL: ${error}` } : { value: new Secret(text) }
  },
  print: (value) => value.toString(),
})

/** The same address with a path that ends with a slash: others are appended to it. */
export function withFinalSlash(url: string): string {
  const [, base = '', rest = ''] = /^([^?#]*)(.*)$/.exec(url) ?? []
  return base.endsWith('/') ? url : `${base}/${rest}`
}

export function urlFault(text: string): string | undefined {
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(text)?.[1]?.toLowerCase() ?? ''
  if (/[\u0000-\u001f\u007f]/.test(text)) {
    return `parse ${quoteGo(text)}: net/url: invalid control character in URL`
  }
  if (scheme === '' && /^[^/?#]*:/.test(text)) {
    return text.startsWith(':')
      ? `parse ${quoteGo(text)}: missing protocol scheme`
      : `parse ${quoteGo(text)}: first path segment in URL cannot contain colon`
  }
  if (scheme !== 'http' && scheme !== 'https') {
    return `unsupported scheme ${quoteGo(scheme)} for URL`
  }
  const host = /^[a-zA-Z]+:\/\/([^/?#]*)/.exec(text)?.[1] ?? ''
  if (host === '') return 'missing host for URL'
  if (!URL.canParse(text)) return `parse ${quoteGo(text)}: invalid URL`
  return undefined
}
