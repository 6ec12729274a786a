import { httpClientConfig } from '@prom/http'
import { bool, duration, field, type Infer, inline, int, string, struct } from '@prom/yaml'
import { at, entriesAt, listAt, textAt, textsAt } from '../answer-fields.ts'
import { ask } from '../ask.ts'
import { defineMechanism } from '../mechanism.ts'
import { hostPort, joinAround, sanitizeLabel } from '../meta-label.ts'
import { refreshed } from '../refresh.ts'

const PREFIX = '__meta_puppetdb_'
const SEPARATOR = ','
const DEPTH_MAX = 50
const CONTENT_TYPE = /^application\/json(;\s?charset=("utf-8"|utf-8))?$/i

export const puppetdbSdConfig = struct(
  'puppetdb.plain',
  {
    http: inline(httpClientConfig),
    refreshInterval: field('refresh_interval', duration, { default: 60_000 }),
    url: field('url', string, { isAlwaysPrinted: true }),
    query: field('query', string, { isAlwaysPrinted: true }),
    includeParameters: field('include_parameters', bool, { isAlwaysPrinted: true }),
    port: field('port', int, { default: 80, isAlwaysPrinted: true }),
  },
  {
    typeName: 'puppetdb.SDConfig',
    check({ url, query }) {
      if (url === '') return 'URL is missing'
      if (!/^https?:/i.test(url)) return "URL scheme must be 'http' or 'https'"
      if (!/^https?:\/\/(?:[^/?#@]*@)?[^/?#]/i.test(url)) return 'host is missing in URL'
      return query === '' ? 'query missing' : undefined
    },
  },
)
type Config = Infer<typeof puppetdbSdConfig>
type Target = Record<string, string>

/** Asks PuppetDB for resources with a query of its language. */
export const puppetdb = defineMechanism<Config>({
  name: 'puppetdb',
  start(config, host) {
    const client = host.createClient(config.http)
    const url = new URL(config.url)
    url.pathname = `${url.pathname.replace(/\/$/, '')}/pdb/query/v4`
    return refreshed({
      ...{ name: 'puppetdb', host, intervalMs: config.refreshInterval },
      close: () => client.close(),
      async refresh(signal) {
        const answer = await ask({
          ...{ client, url: url.href, signal, method: 'POST' },
          headers: { Accept: 'application/json', 'Content-Type': 'application/json' },
          body: JSON.stringify({ query: config.query }),
        })
        const type = (answer.headers['content-type'] ?? '').trim()
        if (!CONTENT_TYPE.test(type)) throw new Error(`unsupported content type ${type}`)
        const resources: unknown = JSON.parse(Buffer.from(answer.body).toString('utf8'))
        const targets = listAt({ resources }, 'resources').map((one) => target(one, config))
        return [{ source: url.href, targets, labels: {} }]
      },
    })
  },
})

function target(resource: unknown, config: Config): Target {
  return {
    __address__: hostPort(textAt(resource, 'certname'), config.port),
    [`${PREFIX}query`]: config.query,
    [`${PREFIX}certname`]: textAt(resource, 'certname'),
    [`${PREFIX}resource`]: textAt(resource, 'resource'),
    [`${PREFIX}type`]: textAt(resource, 'type'),
    [`${PREFIX}title`]: textAt(resource, 'title'),
    [`${PREFIX}exported`]: String(at(resource, 'exported') === true),
    [`${PREFIX}tags`]: joinAround(textsAt(resource, 'tags'), SEPARATOR),
    [`${PREFIX}file`]: textAt(resource, 'file'),
    [`${PREFIX}environment`]: textAt(resource, 'environment'),
    ...(config.includeParameters && parameters(at(resource, 'parameters'), '', 0)),
  }
}

/** Nested parameters become labels with their path as name; lists are joined. */
function parameters(values: unknown, path: string, depth: number): Target {
  const labels: Target = {}
  if (depth > DEPTH_MAX) return labels
  for (const [name, value] of entriesAt(values)) {
    const key = path + sanitizeLabel(name)
    const label = `${PREFIX}parameter_${key}`
    if (Array.isArray(value)) {
      const texts = value.map((item) => textAt({ item }, 'item')).filter((text) => text !== '')
      if (texts.length > 0) labels[label] = texts.join(SEPARATOR)
    } else if (typeof value === 'object') {
      Object.assign(labels, parameters(value, `${key}_`, depth + 1))
    } else {
      const text = textAt({ value }, 'value')
      if (text !== '') labels[label] = text
    }
  }
  return labels
}
