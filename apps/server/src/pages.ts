/** Pages for people: the web UI where it has been built, a plain first page otherwise. */
import { createHash } from 'node:crypto'
import { escapeHtml, printLandingPage } from '@prom/daemon'
import { type HttpHandler, type HttpServer, respondCompressed, respondError } from '@prom/http'
import type { HostFiles } from '@prom/runtime'

export interface PagesOptions {
  readonly files: Pick<HostFiles, 'read' | 'statSync'>
  /** Where the built UI lies; its `index.html` makes the difference. */
  readonly uiFolder: string
  /** `--web.user-assets`, served below `/user`. */
  readonly userFolder: string | undefined
  readonly title: string
  readonly version: string
  /** Before `routes` for users: the external URL's path. */
  readonly externalPath: string
}

const UI_PATHS = [
  '/query',
  '/alerts',
  '/rules',
  '/targets',
  '/service-discovery',
  '/tsdb-status',
  '/status',
  '/flags',
  '/config',
  '/alertmanager-discovery',
]

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  ico: 'image/x-icon',
  json: 'application/json',
  map: 'application/json',
  woff2: 'font/woff2',
  txt: 'text/plain; charset=utf-8',
}

export function addPages(http: HttpServer, prefix: string, options: PagesOptions): void {
  const { externalPath, uiFolder, userFolder } = options
  const redirect =
    (path: string): HttpHandler =>
    (request, response) => {
      const query = request.url?.includes('?') ? `?${request.url.split('?')[1]}` : ''
      const location = `${externalPath}${path}${path === '/query' ? query : ''}`
      const body = `<a href="${escapeHtml(location)}">Found</a>.\n\n`
      response.writeHead(302, { 'Content-Type': 'text/html; charset=utf-8', Location: location })
      response.end(body)
    }
  http.route('GET', `${prefix}/`, redirect('/query'), '/')
  if (prefix !== '') http.route('GET', prefix, redirect('/query'), '/')
  http.route('GET', `${prefix}/graph`, redirect('/query'), '/graph')
  for (const path of UI_PATHS) http.route('GET', prefix + path, createPage(prefix, options), path)
  http.route('GET', `${prefix}/assets/{*path}`, createFiles(`${uiFolder}/assets`, options))
  http.route('GET', `${prefix}/favicon.svg`, createFile(`${uiFolder}/favicon.svg`, options))
  if (userFolder) http.route('GET', `${prefix}/user/{*path}`, createFiles(userFolder, options))
}

function createPage(prefix: string, options: PagesOptions): HttpHandler {
  const index = `${options.uiFolder}/index.html`
  const sendUi = createFile(index, options)
  const plain = printPlainPage(prefix, options)
  return (request, response) =>
    options.files.statSync(index)
      ? sendUi(request, response)
      : respondCompressed(request, response, { contentType: TYPES.html as string, body: plain })
}

function createFiles(folder: string, options: PagesOptions): HttpHandler {
  return (request, response) => {
    const path = [request.params?.path ?? []].flat().join('/')
    const isInside = path !== '' && !path.split('/').includes('..') && !path.includes('\0')
    if (isInside) return createFile(`${folder}/${path}`, options)(request, response)
    respondError(response, 404, '404 page not found')
  }
}

function createFile(path: string, { files }: PagesOptions): HttpHandler {
  return async (request, response) => {
    if (!files.statSync(path)?.isFile) {
      respondError(response, 404, '404 page not found')
      return
    }
    const body = await files.read(path)
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
    if (request.headers['if-none-match'] === etag) {
      response.writeHead(304, { ETag: etag }).end()
      return
    }
    const contentType = TYPES[/\.([^./]+)$/.exec(path)?.[1] ?? ''] ?? 'application/octet-stream'
    await respondCompressed(request, response, { contentType, headers: { ETag: etag }, body })
  }
}

function printPlainPage(prefix: string, { title, version, externalPath }: PagesOptions): string {
  const link = (path: string, text: string) => ({ href: `${externalPath || prefix}${path}`, text })
  const api = escapeHtml(`${externalPath || prefix}/api/v1/query`)
  return printLandingPage({
    title,
    description: 'The web pages have not been built into this server; its API is complete.',
    version,
    links: [
      link('/api/v1/targets', 'Targets'),
      link('/api/v1/rules', 'Rules'),
      link('/api/v1/alerts', 'Alerts'),
      link('/api/v1/status/config', 'Configuration'),
      link('/metrics', 'Metrics'),
    ],
    more: `<form action="${api}" method="get">
<label>Query <input type="text" name="query" autofocus placeholder="up"></label>
<button>Run</button>
</form>`,
  })
}
