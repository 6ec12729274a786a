/** One entry of `remote_read`. */
import { httpClientConfig } from '@prom/http'
import { labelSet } from '@prom/relabel'
import {
  bool,
  duration,
  field,
  type Infer,
  inline,
  map,
  string,
  struct,
  uint64,
  url,
} from '@prom/yaml'
import { reservedHeaderProblem } from './reserved-headers.ts'

export const remoteReadConfig = struct(
  'config.plain',
  {
    url: field('url', url, { isAlwaysPrinted: true }),
    remoteTimeout: field('remote_timeout', duration, { default: 60_000 }),
    chunkedReadLimit: field('chunked_read_limit', uint64, { default: 50_000_000 }),
    headers: field('headers', map(string)),
    readRecent: field('read_recent', bool),
    name: field('name', string),
    http: inline(httpClientConfig),
    requiredMatchers: field('required_matchers', labelSet),
    filterExternalLabels: field('filter_external_labels', bool, { default: true }),
  },
  {
    typeName: 'config.RemoteReadConfig',
    check(config) {
      if (config.url === '') return 'url for remote_read is empty'
      return reservedHeaderProblem(
        config.headers.keys(),
        'authorization header must be changed via the basic_auth, authorization, oauth2, sigv4, azuread or google_iam parameter',
      )
    },
  },
)

export type RemoteReadConfig = Infer<typeof remoteReadConfig>
