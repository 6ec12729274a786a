import { httpClientConfig } from '@prom/http'
import { duration, field, type Infer, inline, int, struct } from '@prom/yaml'
import { at, listAt, textAt, textsAt } from '../answer-fields.ts'
import { askJson, PAGES_MAX } from '../ask.ts'
import { defineMechanism } from '../mechanism.ts'
import { hostPort, joinAround } from '../meta-label.ts'
import { refreshed } from '../refresh.ts'

const URL = 'https://api.digitalocean.com/v2/droplets'
const PREFIX = '__meta_digitalocean_'

export const digitaloceanSdConfig = struct(
  'digitalocean.plain',
  {
    http: inline(httpClientConfig),
    refreshInterval: field('refresh_interval', duration, { default: 60_000 }),
    port: field('port', int, { default: 80, isAlwaysPrinted: true }),
  },
  { typeName: 'digitalocean.SDConfig' },
)

/** Lists the droplets of a DigitalOcean account. */
export const digitalocean = defineMechanism<Infer<typeof digitaloceanSdConfig>>({
  name: 'digitalocean',
  start(config, host) {
    const client = host.createClient(config.http)
    return refreshed({
      ...{ name: 'digitalocean', host, intervalMs: config.refreshInterval },
      close: () => client.close(),
      async refresh(signal) {
        const droplets: unknown[] = []
        for (let page = 1; page <= PAGES_MAX; page++) {
          const url = `${URL}?page=${page}`
          const answer = await askJson({ client, url, signal })
          droplets.push(...listAt(answer, 'droplets'))
          if (textAt(answer, 'links', 'pages', 'next') === '') break
        }
        const targets = droplets.map((droplet) => target(droplet, config.port))
        return [{ source: 'DigitalOcean', targets, labels: {} }]
      },
    })
  },
})

function target(droplet: unknown, port: number): Record<string, string> {
  const address = (family: 'v4' | 'v6', type: string) =>
    textAt(
      listAt(droplet, 'networks', family).find((one) => at(one, 'type') === type),
      'ip_address',
    )
  return {
    __address__: hostPort(address('v4', 'public'), port),
    [`${PREFIX}droplet_id`]: textAt(droplet, 'id'),
    [`${PREFIX}droplet_name`]: textAt(droplet, 'name'),
    [`${PREFIX}image`]: textAt(droplet, 'image', 'slug'),
    [`${PREFIX}image_name`]: textAt(droplet, 'image', 'name'),
    [`${PREFIX}private_ipv4`]: address('v4', 'private'),
    [`${PREFIX}public_ipv4`]: address('v4', 'public'),
    [`${PREFIX}public_ipv6`]: address('v6', 'public'),
    [`${PREFIX}region`]: textAt(droplet, 'region', 'slug'),
    [`${PREFIX}size`]: textAt(droplet, 'size_slug'),
    [`${PREFIX}status`]: textAt(droplet, 'status'),
    [`${PREFIX}vpc`]: textAt(droplet, 'vpc_uuid'),
    [`${PREFIX}features`]: joinAround(textsAt(droplet, 'features'), ','),
    [`${PREFIX}tags`]: joinAround(textsAt(droplet, 'tags'), ','),
  }
}
