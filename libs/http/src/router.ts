/**
 * Paths with parameters, behind the raw handlers: express's own router, without express, which knows HTTP/1.1 alone.
 * It is loaded only by servers that have routes for it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { respondError } from './respond.ts'

/** A path with the methods it has; the handler serves all of them. */
export interface RouterPath {
  readonly path: string
  readonly methods: readonly string[]
}

export interface RouterRoute {
  readonly method: string
  readonly path: string
  readonly serve: (request: IncomingMessage, response: ServerResponse) => Promise<void>
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void

/** Answers 405 for other methods of the paths, 404 for other paths. */
export async function createRouter(
  routes: readonly RouterRoute[],
  paths: readonly RouterPath[],
  fail: (request: IncomingMessage, response: ServerResponse, err: unknown) => void,
): Promise<Listener> {
  if (routes.length === 0) return createPlainRouter(paths)
  const { default: Router } = await import('router')
  const router = Router({ caseSensitive: true, strict: true })
  for (const { method, path, serve } of routes) {
    router.all(path, (request, response, next) => {
      if (request.method !== method) return next()
      return serve(request, response)
    })
  }
  for (const one of paths) {
    router.all(one.path, (_request, response) => refuseMethod(one, response))
  }
  const isKnown = matchPaths(paths)
  return (request, response) =>
    router(request, response, (err) => {
      if (err) fail(request, response, err)
      else refusePath(isKnown, request, response)
    })
}

/** For servers whose paths are all raw. */
function createPlainRouter(paths: readonly RouterPath[]): Listener {
  const known = new Map(paths.map((one) => [one.path, one]))
  return (request, response) => {
    const one = known.get((request.url ?? '/').split('?')[0] ?? '/')
    if (one) refuseMethod(one, response)
    else respondError(response, 404, '404 page not found')
  }
}

/** Says which paths a route has, those with parameters by their pattern. */
function matchPaths(paths: readonly RouterPath[]): (path: string) => boolean {
  const plain = new Set(paths.map(({ path }) => path).filter((path) => !/[:{]/.test(path)))
  return (path) => plain.has(path)
}

/** Compat: a path that is one but for its slashes is sent there, as Go's router does it. */
function refusePath(
  isKnown: (path: string) => boolean,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const url = request.url ?? '/'
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  const clean = path.replace(/\/{2,}/g, '/')
  const other = clean.length > 1 && clean.endsWith('/') ? clean.slice(0, -1) : `${clean}/`
  const target = clean !== path && isKnown(clean) ? clean : isKnown(other) ? other : undefined
  if (target === undefined) {
    respondError(response, 404, '404 page not found')
    return
  }
  const location = target + (mark < 0 ? '' : url.slice(mark))
  const isGet = request.method === 'GET'
  response.writeHead(isGet ? 301 : 308, {
    Location: location,
    ...(isGet && { 'Content-Type': 'text/html; charset=utf-8' }),
  })
  const shown = location.replaceAll('&', '&amp;').replaceAll('"', '&#34;').replaceAll('<', '&lt;')
  response.end(isGet ? `<a href="${shown}">Moved Permanently</a>.\n\n` : '')
}

function refuseMethod({ methods }: RouterPath, response: ServerResponse): void {
  response.setHeader('Allow', [...new Set([...methods, 'OPTIONS'])].sort().join(', '))
  respondError(response, 405, 'Method Not Allowed')
}
