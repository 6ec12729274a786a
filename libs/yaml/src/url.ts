/** URLs in configuration: the text is kept, a password in it is never printed. */
import { quoteGo } from '@prom/model'
import { parsed } from './scalars.ts'
import type { Schema } from './schema.ts'

export const url: Schema<string> = parsed({
  zero: '',
  parse(text) {
    const problem = urlProblem(text)
    return problem === undefined ? { value: text } : { error: `parse ${quoteGo(text)}: ${problem}` }
  },
  print: redactUrl,
})

/** `http://user:xxxxx@host/`. */
export function redactUrl(text: string): string {
  return text.replace(
    /^([a-zA-Z][\w+.-]*:\/\/[^/?#@:]*):[^/?#]*@(?=[^@/?#]*(?:[/?#]|$))/,
    '$1:xxxxx@',
  )
}

/** What Go's url.Parse finds wrong, in its words. */
export function urlProblem(text: string): string | undefined {
  if (/[\u0000-\u001f\u007f]/.test(text)) return 'net/url: invalid control character in URL'
  if (text === '') return undefined
  const scheme = /^([^:/?#]*):/.exec(text)
  if (text.startsWith(':')) return 'missing protocol scheme'
  const hasScheme = scheme !== null && /^[a-zA-Z][a-zA-Z0-9+.-]*$/.test(scheme[1]!)
  if (scheme && !hasScheme) return 'first path segment in URL cannot contain colon'
  const rest = (hasScheme ? text.slice(scheme![0].length) : text).replace(/#.*$/s, '')
  const authority = /^\/\/([^/?]*)/.exec(rest)
  if (authority) {
    const problem = authorityProblem(authority[1]!)
    if (problem) return problem
  }
  const path = (authority ? rest.slice(authority[0].length) : rest).replace(/\?.*$/s, '')
  return hasScheme && !path.startsWith('/') && !authority ? undefined : badEscape(path)
}

function authorityProblem(authority: string): string | undefined {
  const at = authority.lastIndexOf('@')
  const host = authority.slice(at + 1)
  if (at >= 0 && !/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(authority.slice(0, at))) {
    return 'net/url: invalid userinfo'
  }
  if (host.startsWith('[') && !host.includes(']')) return "missing ']' in host"
  const port = /:([^\]]*)$/.exec(host.startsWith('[') ? host.slice(host.lastIndexOf(']')) : host)
  if (port && !/^\d*$/.test(port[1]!.replace(/^.*:/, ''))) {
    return `invalid port ${quoteGo(`:${port[1]!.replace(/^.*:/, '')}`)} after host`
  }
  const strange = /[ <>"\\^`{|}]/.exec(host)
  if (strange) return `invalid character ${quoteGo(strange[0])} in host name`
  return badEscape(host)
}

function badEscape(text: string): string | undefined {
  const match = /%(?![0-9a-fA-F]{2}).{0,2}/s.exec(text)
  return match ? `invalid URL escape ${quoteGo(match[0])}` : undefined
}
