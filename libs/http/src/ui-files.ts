/** Serves a built browser program: its one page, and its assets with hashed names that never change. */
import type { ServerResponse } from 'node:http'
import type { HostFiles } from '@prom/runtime'
import type { HttpHandler, HttpRequestIn } from './http-server.ts'
import { respond, respondError } from './respond.ts'

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
}

/** Pages may be embedded (no frame-ancestors); headers of the web config file win over these. */
const PAGE_HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy':
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
    "object-src 'none'; base-uri 'self'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'same-origin',
} as const

const ASSET_HEADERS = {
  'Cache-Control': 'public, max-age=31536000, immutable',
  'X-Content-Type-Options': 'nosniff',
} as const

/** Names that the build makes; anything else, dots and slashes above all, is not looked up. */
const ASSET_NAME = /^[A-Za-z0-9_-]+(\.LEGAL)?(\.[A-Za-z0-9]+){1,2}$/

export interface UiFiles {
  /** The page, with `settings` as JSON in its `server-settings` block. */
  page(settings?: () => Readonly<Record<string, unknown>>): HttpHandler
  /** For a route `/assets/:name`. */
  readonly asset: HttpHandler
  readonly icon: HttpHandler
}

/** Undefined when `folder` holds no built pages: the program then has its plain landing page. */
export function openUiFiles(folder: string, files: HostFiles): UiFiles | undefined {
  const index = `${folder}/index.html`
  if (!files.statSync(index)) return undefined
  const html = files.readTextSync(index)
  // Only files that are there are kept: names asked for in vain cost nothing.
  const kept = new Map<string, Uint8Array>()

  function read(name: string): Uint8Array | undefined {
    const known = kept.get(name)
    if (known) return known
    const path = `${folder}/${name}`
    if (!files.statSync(path)?.isFile) return undefined
    const bytes = files.readSync(path)
    kept.set(name, bytes)
    return bytes
  }

  async function serve(
    request: HttpRequestIn,
    response: ServerResponse,
    path: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<void> {
    const extension = path.slice(path.lastIndexOf('.') + 1)
    const contentType = CONTENT_TYPES[extension]
    const takesGzip = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))
    const packed = takesGzip && contentType ? read(`${path}.gz`) : undefined
    const body = packed ?? (contentType ? read(path) : undefined)
    if (!body || !contentType) return respondError(response, 404, '404 page not found')
    await respond(response, {
      contentType,
      body,
      headers: {
        ...headers,
        Vary: 'Accept-Encoding',
        ...(packed && { 'Content-Encoding': 'gzip' }),
      },
    })
  }

  return {
    page:
      (settings = () => ({})) =>
      (_request, response) =>
        respond(response, {
          contentType: 'text/html; charset=utf-8',
          headers: PAGE_HEADERS,
          body: html.replace('>{}</script>', () => `>${jsonForHtml(settings())}</script>`),
        }),
    asset: (request, response) => {
      const name = String(request.params?.name ?? '')
      if (!ASSET_NAME.test(name)) return respondError(response, 404, '404 page not found')
      return serve(request, response, `assets/${name}`, ASSET_HEADERS)
    },
    icon: (request, response) =>
      serve(request, response, 'favicon.svg', { 'Cache-Control': 'max-age=86400' }),
  }
}

/** JSON that cannot end the script element it stands in. */
function jsonForHtml(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c').replaceAll('&', '\\u0026')
}
