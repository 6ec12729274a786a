/** `/consoles/*`: the operator's own pages, expanded as templates. */
import { posix } from 'node:path'
import { type HttpHandler, queryOf, respondCompressed, respondError } from '@prom/http'
import type { Queries } from '@prom/query'
import { templateSamples } from '@prom/rules'
import type { Clock, HostFiles } from '@prom/runtime'
import { expandConsole } from '@prom/templates'

const SUFFIX = '.lib'

export interface ConsolesDeps {
  readonly files: Pick<HostFiles, 'readText' | 'glob'>
  readonly clock: Clock
  readonly queries: Pick<Queries, 'vector'>
  /** `--web.console.templates` and `--web.console.libraries`. */
  readonly folder: string
  readonly libraryFolder: string
  readonly externalUrl: string
  readonly externalLabels: () => ReadonlyMap<string, string>
}

export function createConsoles(deps: ConsolesDeps): HttpHandler {
  const { files, clock, folder, externalUrl } = deps
  return async (request, response) => {
    const name = `/${[request.params?.path ?? []].flat().join('/')}`
    const path = posix.join(folder, posix.normalize(name))
    let text: string
    try {
      text = await files.readText(path)
    } catch {
      respondError(response, 404, `open ${path}: no such file or directory`)
      return
    }
    try {
      const body = await expandConsole({
        name,
        text,
        libraries: await readLibraries(deps),
        params: parametersOf(queryOf(request)),
        externalLabels: Object.fromEntries(deps.externalLabels()),
        externalUrl,
        timeMs: clock.now(),
        query: async (expression, timeMs) =>
          templateSamples(await deps.queries.vector(expression, timeMs)),
      })
      const contentType = 'text/html; charset=utf-8'
      await respondCompressed(request, response, { contentType, body })
    } catch (err) {
      respondError(response, 500, (err as Error).message)
    }
  }
}

async function readLibraries({ files, libraryFolder }: ConsolesDeps) {
  const paths = files.glob(`${libraryFolder}/*${SUFFIX}`)
  return await Promise.all(
    paths.map(async (path) => ({ name: posix.basename(path), text: await files.readText(path) })),
  )
}

function parametersOf(params: URLSearchParams): Map<string, string[]> {
  return new Map([...new Set(params.keys())].map((name) => [name, params.getAll(name)]))
}
