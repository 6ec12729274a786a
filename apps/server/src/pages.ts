/** Pages for people: the web UI where it has been built, a plain first page otherwise. */
import { escapeHtml, printLandingPage } from '@prom/daemon'
import {
  type HttpHandler,
  type HttpServer,
  openUiFiles,
  respondCompressed,
  respondError,
} from '@prom/http'
import type { HostFiles } from '@prom/runtime'

export interface PagesOptions {
  readonly files: HostFiles
  /** Where the built UI lies. */
  readonly uiFolder: string
  /** `--web.user-assets`, served below `/user`. */
  readonly userFolder: string | undefined
  readonly title: string
  readonly version: string
  /** The external URL's path: what users see in front of every path. */
  readonly externalPath: string
  readonly isAgent: boolean
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
  '/running-queries',
]

/** What of it an agent has; its first page is `/agent`. */
const AGENT_PATHS = ['/agent', '/targets', '/service-discovery', '/status', '/flags', '/config']

const HTML = 'text/html; charset=utf-8'

const TYPES: Readonly<Record<string, string>> = {
  html: HTML,
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  ico: 'image/x-icon',
  json: 'application/json',
  txt: 'text/plain; charset=utf-8',
}

export function addPages(http: HttpServer, prefix: string, options: PagesOptions): void {
  const { files, uiFolder, userFolder, title, isAgent } = options
  const home = createRedirect(options, isAgent ? '/agent' : '/query')
  http.route('GET', `${prefix}/`, home, '/')
  if (prefix !== '') http.route('GET', prefix, home, '/')
  http.route('GET', `${prefix}/graph`, createRedirect(options, '/query'), '/graph')
  const ui = openUiFiles(uiFolder, files)
  const page = ui?.page(() => ({ pageTitle: title })) ?? createPlainPage(prefix, options)
  for (const path of isAgent ? AGENT_PATHS : UI_PATHS) http.route('GET', prefix + path, page, path)
  if (ui) {
    http.route('GET', `${prefix}/assets/:name`, ui.asset, '/assets/*filepath')
    http.route('GET', `${prefix}/favicon.svg`, ui.icon, '/favicon.svg')
  }
  if (userFolder) {
    const handler = createUserFiles(userFolder, files)
    http.route('GET', `${prefix}/user/{*path}`, handler, '/user/*filepath')
  }
}

/** To a page, with what was asked. */
function createRedirect({ externalPath }: PagesOptions, page: string): HttpHandler {
  return (request, response) => {
    const mark = request.url?.indexOf('?') ?? -1
    const query = mark < 0 ? '' : (request.url as string).slice(mark)
    const location = `${externalPath}${page}${query}`
    const body = `<a href="${escapeHtml(location)}">Found</a>.\n\n`
    response.writeHead(302, { 'Content-Type': HTML, Location: location })
    response.end(body)
  }
}

function createUserFiles(folder: string, files: HostFiles): HttpHandler {
  return async (request, response) => {
    const name = [request.params?.path ?? []].flat().join('/')
    const isInside = name !== '' && !name.split('/').includes('..') && !name.includes('\0')
    const path = `${folder}/${name}`
    if (!isInside || !files.statSync(path)?.isFile) {
      respondError(response, 404, '404 page not found')
      return
    }
    const contentType = TYPES[/\.([^./]+)$/.exec(path)?.[1] ?? ''] ?? 'application/octet-stream'
    await respondCompressed(request, response, { contentType, body: await files.read(path) })
  }
}

function createPlainPage(prefix: string, options: PagesOptions): HttpHandler {
  const { title, version, externalPath } = options
  const above = externalPath || prefix
  const link = (path: string, text: string) => ({ href: above + path, text })
  const body = printLandingPage({
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
    more: `<form action="${escapeHtml(above)}/api/v1/query" method="get">
<label>Query <input type="text" name="query" autofocus placeholder="up"></label>
<button>Run</button>
</form>`,
  })
  return (request, response) => respondCompressed(request, response, { contentType: HTML, body })
}
