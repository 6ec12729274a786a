/**
 * Which handler a path has, and what a path without one is answered, as the original's router decides: a redirect where
 * only the slash at the end or the case is wrong, 405 where another method would do. Patterns: `/a/:one/*rest`.
 */
import type { HttpHandler, HttpRequestIn } from '@prom/http'

type Response = Parameters<HttpHandler>[1]
/** `values`: what stands for the `:one` and `*rest` of the pattern, in their order. */
export type PathHandler = (
  values: readonly string[],
  request: HttpRequestIn,
  response: Response,
) => void | Promise<void>

interface Pattern {
  readonly method: string
  readonly exact: RegExp
  readonly anyCase: RegExp
  /** The path with the values put in. */
  readonly fill: (values: readonly string[]) => string
  readonly handler: PathHandler
}

export type Found =
  | { readonly handler: PathHandler; readonly values: readonly string[] }
  | { readonly location: string }
  /** Other methods of the path. */
  | { readonly allow: readonly string[] }

const PIECE = /[:*][a-z]+/g

export class PathRouter {
  readonly #patterns: Pattern[] = []

  add(method: string, pattern: string, handler: PathHandler): void {
    const source = pattern
      .split(/([:*][a-z]+)/)
      .map((piece) => {
        if (piece.startsWith(':')) return '([^/]+)'
        return piece.startsWith('*') ? '(.*)' : piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      })
      .join('')
    let at = 0
    const fill = (values: readonly string[]) => {
      at = 0
      return pattern.replace(PIECE, () => values[at++] ?? '')
    }
    const exact = new RegExp(`^${source}$`, 's')
    const anyCase = new RegExp(`^${source}$`, 'is')
    this.#patterns.push({ method, exact, anyCase, fill, handler })
  }

  find(method: string, path: string): Found | undefined {
    const own = this.#patterns.filter((one) => one.method === method)
    for (const { exact, handler } of own) {
      const match = exact.exec(path)
      if (match) return { handler, values: match.slice(1) }
    }
    if (path !== '/' && method !== 'CONNECT') {
      const location = nearPath(own, path)
      if (location !== undefined) return { location }
    }
    const others = this.#patterns.filter(
      (one) => one.method !== method && one.method !== 'OPTIONS' && one.exact.test(path),
    )
    if (others.length === 0) return undefined
    return { allow: [...new Set([...others.map((one) => one.method), 'OPTIONS'])].sort() }
  }
}

/** The path that was meant. */
function nearPath(patterns: readonly Pattern[], path: string): string | undefined {
  const toggled = path.endsWith('/') ? path.slice(0, -1) : `${path}/`
  if (patterns.some(({ exact }) => exact.test(toggled))) return toggled
  for (const candidate of [path, toggled]) {
    for (const { anyCase, fill } of patterns) {
      const match = anyCase.exec(candidate)
      if (match) return fill(match.slice(1))
    }
  }
  return undefined
}
