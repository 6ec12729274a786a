import { httpClientConfig } from '@prom/http'
import { duration, field, type Infer, inline, struct, url } from '@prom/yaml'

export const httpSdConfig = struct(
  'http.plain',
  {
    http: inline(httpClientConfig),
    refreshInterval: field('refresh_interval', duration, { default: 60_000 }),
    // Compat: the original shows a password in it.
    url: field('url', { ...url, encode: (text: string) => text }, { isAlwaysPrinted: true }),
  },
  {
    typeName: 'http.SDConfig',
    check({ url }) {
      if (url === '') return 'URL is missing'
      if (!/^https?:/i.test(url)) return "URL scheme must be 'http' or 'https'"
      return /^https?:\/\/(?:[^/?#@]*@)?[^/?#]/i.test(url) ? undefined : 'host is missing in URL'
    },
  },
)

export type HttpSdConfig = Infer<typeof httpSdConfig>
