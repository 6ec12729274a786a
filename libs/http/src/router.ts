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
  return (request, response) =>
    router(request, response, (err) => {
      if (err) fail(request, response, err)
      else respondError(response, 404, '404 page not found')
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

function refuseMethod({ methods }: RouterPath, response: ServerResponse): void {
  response.setHeader('Allow', [...new Set([...methods, 'OPTIONS'])].sort().join(', '))
  respondError(response, 405, 'Method Not Allowed')
}
