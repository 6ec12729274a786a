import { httpClientConfig } from '@prom/http'
import {
  bool,
  duration,
  field,
  type Infer,
  inline,
  list,
  map,
  secret,
  string,
  struct,
} from '@prom/yaml'

export const consulSdConfig = struct(
  'consul.plain',
  {
    server: field('server', string, { default: 'localhost:8500' }),
    pathPrefix: field('path_prefix', string),
    token: field('token', secret),
    datacenter: field('datacenter', string),
    namespace: field('namespace', string),
    partition: field('partition', string),
    tagSeparator: field('tag_separator', string, { default: ',' }),
    scheme: field('scheme', string, { default: 'http' }),
    username: field('username', string),
    password: field('password', secret),
    allowStale: field('allow_stale', bool, { default: true, isAlwaysPrinted: true }),
    refreshInterval: field('refresh_interval', duration, { default: 30_000 }),
    /** Empty: all services. */
    services: field('services', list(string)),
    /** A service must have all of them. */
    tags: field('tags', list(string)),
    nodeMeta: field('node_meta', map(string)),
    filter: field('filter', string),
    healthFilter: field('health_filter', string),
    http: inline(httpClientConfig),
  },
  {
    typeName: 'consul.SDConfig',
    removed: { tag: 'tags' },
    check({ server, username, password, token, http }) {
      if (server.trim() === '') return 'consul SD configuration requires a server address'
      if ((username !== '' || password.value !== '') && http.basicAuth) {
        return 'at most one of consul SD configuration username and password and basic auth can be configured'
      }
      if (token.value !== '' && (http.authorization || http.oauth2)) {
        return 'at most one of consul SD token, authorization, or oauth2 can be configured'
      }
      return undefined
    },
  },
)

export type ConsulSdConfig = Infer<typeof consulSdConfig>
