/** Console templates: the operator's own pages, below `/consoles/`. */
import { posix } from 'node:path'
import { type HttpHandler, respondCompressed, respondError } from '@prom/http'
import type { Queries } from '@prom/query'
import { templateSamples } from '@prom/rules'
import type { Clock, HostFiles } from '@prom/runtime'
import { expandConsole } from '@prom/templates'

export interface ConsolesDeps {
  readonly clock: Clock
  readonly files: Pick<HostFiles, 'readText' | 'glob'>
  readonly queries: Pick<Queries, 'vector'>
  readonly cwd: string
  /** `--web.console.templates` */
  readonly templatesFolder: string
  /** `--web.console.libraries` */
  readonly librariesFolder: string
  readonly externalUrl: string
  readonly externalLabels: () => ReadonlyMap<string, string>
}

export function createConsoles(deps: ConsolesDeps): HttpHandler {
  return async (request, response) => {
    const name = [request.params?.path ?? []].flat().join('/')
    if (name === '' || name.includes('\0') || name.split('/').includes('..')) {
      return respondError(response, 404, '404 page not found')
    }
    const path = posix.join(deps.templatesFolder, name)
    let text: string
    try {
      text = await deps.files.readText(absolute(deps, path))
    } catch (err) {
      const { code } = err as { code?: string }
      const reason = code === 'ENOENT' ? 'no such file or directory' : (err as Error).message
      return respondError(response, 404, `open ${path}: ${reason}`)
    }
    try {
      const page = await render(name, text, new URL(request.url ?? '', 'http://x'), deps)
      const contentType = 'text/html; charset=utf-8'
      await respondCompressed(request, response, { contentType, body: page })
    } catch (err) {
      respondError(response, 500, (err as Error).message)
    }
  }
}

async function render(name: string, text: string, url: URL, deps: ConsolesDeps): Promise<string> {
  const { clock, files, queries, librariesFolder, externalUrl } = deps
  const paths = files.glob(posix.join(absolute(deps, librariesFolder), '*.lib'))
  const libraries = await Promise.all(
    paths.map(async (path) => ({ name: posix.basename(path), text: await files.readText(path) })),
  )
  const params = new Map<string, string[]>()
  for (const key of url.searchParams.keys()) params.set(key, url.searchParams.getAll(key))
  return expandConsole({
    ...{ name, text, libraries, params, externalUrl },
    externalLabels: Object.fromEntries(deps.externalLabels()),
    timeMs: clock.now(),
    query: async (expression, timeMs) => templateSamples(await queries.vector(expression, timeMs)),
  })
}

function absolute({ cwd }: ConsolesDeps, path: string): string {
  return posix.isAbsolute(path) ? path : posix.join(cwd, path)
}
