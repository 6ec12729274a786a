/** Paths that are not as they should be, and where they lead instead. */
import type { IncomingMessage, ServerResponse } from 'node:http'

/** As Go's router: empty and dot segments go, a slash at the end stays. */
export function cleanPath(path: string): string {
  if (!/\/(\/|\.\.?(\/|$))/.test(path)) return path
  const kept: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop()
    else if (segment !== '' && segment !== '.') kept.push(segment)
  }
  const end = /\/\.{0,2}$/.test(path) && kept.length > 0 ? '/' : ''
  return `/${kept.join('/')}${end}`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
}

/** As Go's: who reads gets a page with a link. `location` is escaped as a URL. */
export function respondRedirect(
  { method }: IncomingMessage,
  response: ServerResponse,
  location: string,
  code = 301,
): void {
  if (method !== 'GET' && method !== 'HEAD') {
    response.writeHead(code, { Location: location, 'Content-Length': 0 }).end()
    return
  }
  const href = location.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char)
  const body = `<a href="${href}">Moved Permanently</a>.\n\n`
  response.writeHead(301, {
    Location: location,
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
  })
  response.end(body)
}

/** As Go's server, before any handler: without the header that its other errors have. */
export function refusePath(response: ServerResponse): void {
  const headers = { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' }
  response.writeHead(400, headers).end('400 Bad Request')
}
