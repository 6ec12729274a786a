/**
 * Express behind the raw handlers. It is loaded only by servers that have routes for it: it costs as much memory as the
 * rest of a small exporter.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { NextFunction, Request, Response } from 'express'
import { respondError } from './respond.ts'

/** A path with the methods it has; the handler serves all of them. */
export interface RouterPath {
  readonly path: string
  readonly methods: readonly string[]
}

export interface RouterRoute {
  readonly method: string
  readonly path: string
  readonly serve: (request: Request, response: Response) => Promise<void>
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void

/** Answers 405 for other methods of the paths, 404 for other paths. */
export async function createRouter(
  routes: readonly RouterRoute[],
  paths: readonly RouterPath[],
  fail: (request: IncomingMessage, response: ServerResponse, err: unknown) => void,
): Promise<Listener> {
  if (routes.length === 0) return createPlainRouter(paths)
  const { default: express } = await import('express')
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', false)
  app.enable('case sensitive routing')
  app.enable('strict routing')
  for (const { method, path, serve } of routes) {
    app.all(path, (request, response, next) => {
      if (request.method !== method) return next()
      return serve(request, response)
    })
  }
  for (const one of paths) {
    app.all(one.path, (_request, response) => refuseMethod(one, response))
  }
  app.use((_request, response) => respondError(response, 404, '404 page not found'))
  // Four parameters: that is how express knows it for its error handler.
  app.use((err: unknown, request: Request, response: Response, _next: NextFunction) =>
    fail(request, response, err),
  )
  return app
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
