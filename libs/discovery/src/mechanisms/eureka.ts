import { httpClientConfig } from '@prom/http'
import { duration, field, type Infer, inline, string, struct } from '@prom/yaml'
import { askText } from '../ask.ts'
import { defineMechanism } from '../mechanism.ts'
import { hostPort, sanitizeLabel } from '../meta-label.ts'
import { refreshed } from '../refresh.ts'
import { childOf, childrenOf, parseXml, textOf, type XmlElement } from '../xml.ts'

const PREFIX = '__meta_eureka_app_'
const INSTANCE = `${PREFIX}instance_`

export const eurekaSdConfig = struct(
  'eureka.plain',
  {
    server: field('server', string),
    http: inline(httpClientConfig),
    refreshInterval: field('refresh_interval', duration, { default: 30_000 }),
  },
  {
    typeName: 'eureka.SDConfig',
    check({ server }) {
      if (server === '') return 'eureka_sd: empty or null eureka server'
      const hasHost = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]+/i.test(server)
      return hasHost ? undefined : 'eureka_sd: invalid eureka server URL'
    },
  },
)

/** Lists the applications registered with Eureka; a group each. */
export const eureka = defineMechanism<Infer<typeof eurekaSdConfig>>({
  name: 'eureka',
  start(config, host) {
    const client = host.createClient(config.http)
    return refreshed({
      ...{ name: 'eureka', host, intervalMs: config.refreshInterval },
      close: () => client.close(),
      async refresh(signal) {
        const url = `${config.server}/apps`
        const headers = { Accept: 'application/xml' }
        const root = parseXml(await askText({ client, url, headers, signal }))
        return childrenOf(root, 'application').map((app) => {
          const name = textOf(app, 'name')
          const targets = childrenOf(app, 'instance').map((one) => target(name, one))
          return { source: name, targets, labels: {} }
        })
      },
    })
  },
})

function target(app: string, instance: XmlElement): Record<string, string> {
  const text = (...path: string[]) => textOf(instance, ...path)
  const enabled = (name: string) => attributeOf(instance, name, 'enabled')
  const hasPort = childOf(instance, 'port') !== undefined
  const hasSecurePort = childOf(instance, 'securePort') !== undefined
  const under = (prefix: string, ...path: string[]) =>
    Object.fromEntries(
      (childOf(instance, ...path)?.children ?? []).map((item) => [
        prefix + sanitizeLabel(item.name),
        item.raw, // Compat: not decoded.
      ]),
    )
  return {
    __address__: hostPort(text('hostName'), hasPort ? text('port') : 80),
    instance: text('instanceId'),
    [`${PREFIX}name`]: app,
    [`${INSTANCE}hostname`]: text('hostName'),
    [`${INSTANCE}homepage_url`]: text('homePageUrl'),
    [`${INSTANCE}statuspage_url`]: text('statusPageUrl'),
    [`${INSTANCE}healthcheck_url`]: text('healthCheckUrl'),
    [`${INSTANCE}ip_addr`]: text('ipAddr'),
    [`${INSTANCE}vip_address`]: text('vipAddress'),
    [`${INSTANCE}secure_vip_address`]: text('secureVipAddress'),
    [`${INSTANCE}status`]: text('status'),
    [`${INSTANCE}country_id`]: text('countryId') || '0',
    [`${INSTANCE}id`]: text('instanceId'),
    ...(hasPort && {
      [`${INSTANCE}port`]: text('port'),
      [`${INSTANCE}port_enabled`]: enabled('port'),
    }),
    ...(hasSecurePort && {
      [`${INSTANCE}secure_port`]: text('securePort'),
      [`${INSTANCE}secure_port_enabled`]: enabled('securePort'),
    }),
    [`${INSTANCE}datacenterinfo_name`]: text('dataCenterInfo', 'name'),
    ...under(`${INSTANCE}datacenterinfo_metadata_`, 'dataCenterInfo', 'metadata'),
    ...under(`${INSTANCE}metadata_`, 'metadata'),
  }
}

function attributeOf(element: XmlElement, child: string, name: string): string {
  return childOf(element, child)?.attributes[name] ?? 'false'
}
