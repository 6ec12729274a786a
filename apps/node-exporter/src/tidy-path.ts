/** What Go's multiplexer and its parser of queries do before any handler is asked. */
import { cleanPath, type HttpHandler, respondRedirect } from '@prom/http'

type Request = Parameters<HttpHandler>[0]
type Response = Parameters<HttpHandler>[1]

/** False if the request was answered. The URL loses escapes it does not need and pairs that Go does not understand. */
export function tidyPath(request: Request, response: Response): boolean {
  const { url = '/', method } = request
  const mark = url.indexOf('?')
  const raw = mark < 0 ? url : url.slice(0, mark)
  const query = mark < 0 ? '' : url.slice(mark)
  if (raw === '*') {
    response.writeHead(method === 'OPTIONS' ? 200 : 400, { 'Content-Length': 0 }).end()
    return false
  }
  let path: string
  try {
    path = decodeURIComponent(raw)
  } catch {
    return true // The server refuses it.
  }
  const clean = path === '/debug/pprof' ? '/debug/pprof/' : cleanPath(path)
  if (clean !== path && method !== 'CONNECT') {
    respondRedirect(request, response, encodeURI(clean) + query)
    return false
  }
  const kept = query
    .slice(1)
    .split('&')
    .filter((pair) => !pair.includes(';'))
  request.url = encodeURI(path) + (query === '' ? '' : `?${kept.join('&')}`)
  return true
}
