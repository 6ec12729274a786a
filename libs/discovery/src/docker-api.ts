/** The Docker engine's API, as both mechanisms that ask it need it. */
import { type HttpClient, httpClientConfig } from '@prom/http'
import { field, inline, int, list, string, struct } from '@prom/yaml'
import { entriesAt, listAt, pairsAt, textAt } from './answer-fields.ts'
import { askJson } from './ask.ts'
import { labelsUnder } from './meta-label.ts'

const filter = struct('moby.Filter', {
  name: field('name', string, { isAlwaysPrinted: true }),
  values: field('values', list(string), { isAlwaysPrinted: true }),
})

/** Keys of both. */
export const dockerFields = {
  http: inline(httpClientConfig),
  host: field('host', string, { isAlwaysPrinted: true }),
  port: field('port', int, { default: 80, isAlwaysPrinted: true }),
  filters: field('filters', list(filter), { isAlwaysPrinted: true }),
}

export function checkDockerHost(host: string): string | undefined {
  return host === '' ? 'host missing' : undefined
}

export interface DockerApi {
  list(
    path: string,
    filters?: readonly { name: string; values: readonly string[] }[],
  ): Promise<readonly unknown[]>
}

/** `host` is `unix:///var/run/docker.sock`, `tcp://host:port` or an HTTP URL. */
export function openDocker(host: string, client: HttpClient, signal: AbortSignal): DockerApi {
  const isSocket = host.startsWith('unix://')
  const base = isSocket ? 'http://docker' : host.replace(/^tcp:/, 'http:').replace(/\/$/, '')
  return {
    async list(path, filters = []) {
      const query = new URLSearchParams()
      if (filters.length > 0) {
        const named = filters.map(({ name, values }) => [
          name,
          Object.fromEntries(values.map((value) => [value, true])),
        ])
        query.set('filters', JSON.stringify(Object.fromEntries(named)))
      }
      const url = `${base}${path}${query.size > 0 ? `?${query}` : ''}`
      const answer = await askJson({
        ...{ client, url, signal },
        ...(isSocket && { socketPath: host.slice('unix://'.length) }),
      })
      return listAt({ answer }, 'answer')
    },
  }
}

/** Labels of each network, by its id. */
export async function networkLabels(
  api: DockerApi,
  prefix: string,
): Promise<ReadonlyMap<string, Record<string, string>>> {
  const networks = await api.list('/networks')
  return new Map(
    networks.map((network) => [
      textAt(network, 'Id'),
      {
        [`${prefix}network_id`]: textAt(network, 'Id'),
        [`${prefix}network_name`]: textAt(network, 'Name'),
        [`${prefix}network_scope`]: textAt(network, 'Scope'),
        [`${prefix}network_internal`]: flag(network, 'Internal'),
        [`${prefix}network_ingress`]: flag(network, 'Ingress'),
        ...labelsUnder(`${prefix}network_label_`, pairsAt(network, 'Labels')),
      },
    ]),
  )
}

function flag(value: unknown, key: string): string {
  return textAt(value, key) || 'false'
}

export const hasEntries = (value: unknown, ...path: string[]) =>
  entriesAt(value, ...path).length > 0
