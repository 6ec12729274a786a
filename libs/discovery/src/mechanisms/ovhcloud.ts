import { createHash } from 'node:crypto'
import { type HttpClient, httpClientConfig } from '@prom/http'
import { duration, field, type Infer, secret, string, struct } from '@prom/yaml'
import { at, textAt, textsAt } from '../answer-fields.ts'
import { askJson, askText } from '../ask.ts'
import { type DiscoveryHost, defineMechanism } from '../mechanism.ts'
import { mapParallel, refreshed } from '../refresh.ts'

const PREFIX = '__meta_ovhcloud_'

const ENDPOINTS: Readonly<Record<string, string>> = {
  'ovh-eu': 'https://eu.api.ovh.com/1.0',
  'ovh-ca': 'https://ca.api.ovh.com/1.0',
  'ovh-us': 'https://api.us.ovhcloud.com/1.0',
  'kimsufi-eu': 'https://eu.api.kimsufi.com/1.0',
  'kimsufi-ca': 'https://ca.api.kimsufi.com/1.0',
  'soyoustart-eu': 'https://eu.api.soyoustart.com/1.0',
  'soyoustart-ca': 'https://ca.api.soyoustart.com/1.0',
}

export const ovhcloudSdConfig = struct(
  'ovhcloud.plain',
  {
    endpoint: field('endpoint', string, { default: 'ovh-eu', isAlwaysPrinted: true }),
    applicationKey: field('application_key', string, { isAlwaysPrinted: true }),
    applicationSecret: field('application_secret', secret),
    consumerKey: field('consumer_key', secret),
    refreshInterval: field('refresh_interval', duration, { default: 60_000 }),
    service: field('service', string, { isAlwaysPrinted: true }),
  },
  {
    typeName: 'ovhcloud.SDConfig',
    check(config) {
      const { endpoint, applicationKey, applicationSecret, consumerKey, service } = config
      if (endpoint === '') return 'endpoint can not be empty'
      if (applicationKey === '') return 'application key can not be empty'
      if (applicationSecret.value === '') return 'application secret can not be empty'
      if (consumerKey.value === '') return 'consumer key can not be empty'
      return service === 'vps' || service === 'dedicated_server'
        ? undefined
        : `unknown service: ${service}`
    },
  },
)
type Config = Infer<typeof ovhcloudSdConfig>
type Target = Record<string, string>
type Ask = (path: string) => Promise<unknown>

/** Lists dedicated or virtual private servers of an OVHcloud account. */
export const ovhcloud = defineMechanism<Config>({
  name: 'ovhcloud',
  start(config, host) {
    const client = host.createClient(httpClientConfig.create())
    return refreshed({
      ...{ name: 'ovhcloud', host, intervalMs: config.refreshInterval },
      close: () => client.close(),
      async refresh(signal) {
        const ask = await openApi(config, host, client, signal)
        const isVps = config.service === 'vps'
        const root = isVps ? '/vps' : '/dedicated/server'
        const targets = await mapParallel(textsAt(await ask(root)), async (name) => {
          const path = `${root}/${encodeURIComponent(name)}`
          return (isVps ? vpsTarget : dedicatedTarget)(await ask(path), await ask(`${path}/ips`))
        })
        const source = isVps ? 'vps' : 'dedicated_server'
        return [{ source: `ovhcloud_${source}`, targets, labels: {} }]
      },
    })
  },
})

/** Requests are signed with the API's own time. */
async function openApi(
  { endpoint, applicationKey, applicationSecret, consumerKey }: Config,
  { clock }: DiscoveryHost,
  client: HttpClient,
  signal: AbortSignal,
): Promise<Ask> {
  const base = ENDPOINTS[endpoint] ?? endpoint.replace(/\/$/, '')
  const theirs = Number(await askText({ client, url: `${base}/auth/time`, signal }))
  const offset = theirs - Math.floor(clock.now() / 1000)
  return (path) => {
    const url = `${base}${path}`
    const at = String(Math.floor(clock.now() / 1000) + offset)
    const signed = [applicationSecret.reveal(), consumerKey.reveal(), 'GET', url, '', at].join('+')
    const headers = {
      'X-Ovh-Application': applicationKey,
      'X-Ovh-Consumer': consumerKey.reveal(),
      'X-Ovh-Timestamp': at,
      'X-Ovh-Signature': `$1$${createHash('sha1').update(signed).digest('hex')}`,
    }
    return askJson({ client, url, headers, signal })
  }
}

/** The last address of each family, networks aside, as the original remembers them. */
function addressesOf(ips: unknown): { v4: string; v6: string } {
  const all = textsAt(ips)
    .filter((ip) => !ip.includes('/') || /\/(32|128)$/.test(ip))
    .map((ip) => shortest(ip.replace(/\/.*$/, '')))
  return {
    v4: all.filter((ip) => !ip.includes(':')).at(-1) ?? '',
    v6: all.filter((ip) => ip.includes(':')).at(-1) ?? '',
  }
}

function shortest(ip: string): string {
  if (!ip.includes(':') || !URL.canParse(`http://[${ip}]/`)) return ip
  return new URL(`http://[${ip}]/`).hostname.slice(1, -1)
}

function dedicatedTarget(server: unknown, ips: unknown): Target {
  const prefix = `${PREFIX}dedicated_server_`
  const { v4, v6 } = addressesOf(ips)
  return {
    __address__: v4 || v6,
    instance: textAt(server, 'name'),
    [`${prefix}state`]: textAt(server, 'state'),
    [`${prefix}commercial_range`]: textAt(server, 'commercialRange'),
    [`${prefix}link_speed`]: textAt(server, 'linkSpeed'),
    [`${prefix}rack`]: textAt(server, 'rack'),
    [`${prefix}no_intervention`]: String(at(server, 'noIntervention') === true),
    [`${prefix}os`]: textAt(server, 'os'),
    [`${prefix}support_level`]: textAt(server, 'supportLevel'),
    [`${prefix}server_id`]: textAt(server, 'serverId'),
    [`${prefix}reverse`]: textAt(server, 'reverse'),
    [`${prefix}datacenter`]: textAt(server, 'datacenter'),
    [`${prefix}name`]: textAt(server, 'name'),
    [`${prefix}ipv4`]: v4,
    [`${prefix}ipv6`]: v6,
  }
}

function vpsTarget(vps: unknown, ips: unknown): Target {
  const prefix = `${PREFIX}vps_`
  const { v4, v6 } = addressesOf(ips)
  const model = at(vps, 'model')
  return {
    __address__: v4 || v6,
    instance: textAt(vps, 'name'),
    [`${prefix}offer`]: textAt(model, 'offer'),
    [`${prefix}datacenter`]: `[${textsAt(model, 'datacenter').join(' ')}]`,
    [`${prefix}model_vcore`]: textAt(model, 'vcore'),
    [`${prefix}maximum_additional_ip`]: textAt(model, 'maximumAdditionnalIp'),
    [`${prefix}version`]: textAt(model, 'version'),
    [`${prefix}model_name`]: textAt(model, 'name'),
    [`${prefix}disk`]: textAt(model, 'disk'),
    [`${prefix}memory`]: textAt(model, 'memory'),
    [`${prefix}zone`]: textAt(vps, 'zone'),
    [`${prefix}display_name`]: textAt(vps, 'displayName'),
    [`${prefix}cluster`]: textAt(vps, 'cluster'),
    [`${prefix}state`]: textAt(vps, 'state'),
    [`${prefix}name`]: textAt(vps, 'name'),
    [`${prefix}netboot_mode`]: textAt(vps, 'netbootMode'),
    [`${prefix}memory_limit`]: textAt(vps, 'memoryLimit'),
    [`${prefix}offer_type`]: textAt(vps, 'offerType'),
    [`${prefix}vcore`]: textAt(vps, 'vcore'),
    [`${prefix}keymap`]: textAt(vps, 'keymap'),
    [`${prefix}ipv4`]: v4,
    [`${prefix}ipv6`]: v6,
  }
}
