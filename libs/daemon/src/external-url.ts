/** Where users reach a daemon, and below which path it serves. */
import { quoteGo } from '@prom/model'

export interface ExternalUrl {
  /** Without a slash at its end: `http://host:9090/prom`. */
  readonly href: string
  /** `/prom`, or empty. */
  readonly path: string
}

/**
 * `given` is a whole URL, a path, or empty for `http://<hostname>:<port>/`. Throws an Error with the original's
 * text.
 */
export function computeExternalUrl(
  given: string,
  listenAddress: string,
  hostname: string,
): ExternalUrl {
  if (/^["']|["']$/.test(given)) throw new Error('URL must not begin or end with quotes')
  const port = /:([^:\]]*)$/.exec(listenAddress)?.[1] ?? ''
  const own = `http://${hostname}:${port}/`
  const text = given === '' ? own : /^[a-z][a-z0-9+.-]*:\/\//i.test(given) ? given : own + given
  const url = parse(text)
  const path = `/${url.pathname}`.replace(/\/+$/, '').replace(/^\/+/, '/')
  return { href: `${url.protocol}//${url.host}${path}`, path }
}

/** `/prefix` without a slash at its end; the path of the external URL unless given. */
export function computeRoutePrefix(given: string | undefined, external: ExternalUrl): string {
  const path = given === undefined || given === '' ? external.path : given
  return `/${path.replace(/^\/+|\/+$/g, '')}`.replace(/^\/$/, '')
}

function parse(text: string): URL {
  const port = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:[]*)(:[^/?#]*)?/i.exec(text)
  const fail = (why: string) => new Error(`parse ${quoteGo(text)}: ${why}`)
  if (/:\/\/\[[^\]]*$/.test(text)) throw fail("missing ']' in host")
  if (port?.[2] && !/^:\d*$/.test(port[2]))
    throw fail(`invalid port ${quoteGo(port[2])} after host`)
  try {
    return new URL(text)
  } catch {
    throw fail('invalid URL')
  }
}
