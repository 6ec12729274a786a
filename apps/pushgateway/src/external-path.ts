/** `--web.external-url`: only its path counts. */
import type { Kind } from '@prom/flags'
import { quoteGo } from '@prom/model'

/** Takes what Go takes for a URL, which is nearly everything. */
export const externalUrl: Kind<string> = {
  parse: (text) => {
    externalPath(text)
    return text
  },
}

/** The path of a URL, without a slash at its end. Throws an Error with the original's text. */
export function externalPath(text: string): string {
  const fail = (why: string) => new Error(`invalid URL: parse ${quoteGo(text)}: ${why}`)
  if (/[\x00-\x1f\x7f]/.test(text)) throw fail('net/url: invalid control character in URL')
  if (text.startsWith(':')) throw fail('missing protocol scheme')
  const [, scheme, rest = ''] = /^([a-z][a-z0-9+.-]*:)?([^?#]*)/i.exec(text) ?? []
  if (scheme !== undefined && !rest.startsWith('/')) return ''
  if (scheme === undefined && /^[^/]*:/.test(rest)) {
    throw fail('first path segment in URL cannot contain colon')
  }
  const [, host = '', path = ''] = /^(?:\/\/([^/]*))?(.*)$/s.exec(rest) ?? []
  const port = /^(?:[^@]*@)?(?:\[[^\]]*\]|[^:]*)(:.*)?$/.exec(host)?.[1]
  if (port !== undefined && !/^:\d*$/.test(port)) {
    throw fail(`invalid port ${quoteGo(port)} after host`)
  }
  if (host.includes(' ')) throw fail('invalid character " " in host name')
  const wrong = /%(?![0-9a-f]{2}).{0,2}/i.exec(path)?.[0]
  if (wrong !== undefined) throw fail(`invalid URL escape ${quoteGo(wrong)}`)
  return decodeURIComponent(path.replace(/%(?=[89a-f])/gi, '%25')).replace(/\/+$/, '')
}
