/** A server with given routes on a free port, and a way to ask it. */
import { HttpServer } from '@prom/http'
import { createClock } from '@prom/runtime/node'
import { addRoutes, type RoutesDeps } from '../routes.ts'
import { quietLog } from './fakes.ts'

export async function serveRoutes(deps: RoutesDeps) {
  const http = new HttpServer(
    { addresses: ['127.0.0.1:0'] },
    { clock: createClock(), log: quietLog },
  )
  addRoutes(http, deps)
  const stop = new AbortController()
  let done: Promise<void> = Promise.resolve()
  await new Promise<void>((resolve, reject) => {
    done = http.run(stop.signal, resolve)
    done.catch(reject)
  })
  return {
    url: `http://127.0.0.1:${http.port}`,
    async ask(path: string, init: RequestInit = {}) {
      const answer = await fetch(`http://127.0.0.1:${http.port}${path}`, {
        redirect: 'manual',
        ...init,
      })
      const body = Buffer.from(await answer.arrayBuffer())
      return { status: answer.status, text: body.toString(), body, headers: answer.headers }
    },
    async close() {
      stop.abort()
      await done
    },
  }
}
