import { askGoogleToken, httpClientConfig, KeptToken } from '@prom/http'
import { duration, field, type Infer, int, string, struct } from '@prom/yaml'
import { entriesAt, listAt, textAt, textsAt } from '../answer-fields.ts'
import { askJson, PAGES_MAX } from '../ask.ts'
import { defineMechanism } from '../mechanism.ts'
import { hostPort, joinAround, sanitizeLabel } from '../meta-label.ts'
import { refreshed } from '../refresh.ts'

const PREFIX = '__meta_gce_'
const SCOPE = 'https://www.googleapis.com/auth/compute.readonly'

export const gceSdConfig = struct(
  'gce.plain',
  {
    project: field('project', string, { isAlwaysPrinted: true }),
    zone: field('zone', string, { isAlwaysPrinted: true }),
    filter: field('filter', string),
    refreshInterval: field('refresh_interval', duration, { default: 60_000 }),
    port: field('port', int, { default: 80, isAlwaysPrinted: true }),
    tagSeparator: field('tag_separator', string, { default: ',' }),
  },
  {
    typeName: 'gce.SDConfig',
    check({ project, zone }) {
      if (project === '') return 'GCE SD configuration requires a project'
      return zone === '' ? 'GCE SD configuration requires a zone' : undefined
    },
  },
)
type Config = Infer<typeof gceSdConfig>

/** Lists the instances of one zone of a project at Google Compute Engine. */
export const gce = defineMechanism<Config>({
  name: 'gce',
  start(config, host) {
    const settings = httpClientConfig.create()
    // Compat: Google's client takes the environment's proxy.
    const proxy = { ...settings.proxy, fromEnvironment: true }
    const client = host.createClient({ ...settings, proxy })
    const token = new KeptToken(
      () => host.clock.now(),
      (signal) => askGoogleToken({ ...host, client }, { scope: SCOPE }, signal),
    )
    return refreshed({
      ...{ name: 'gce', host, intervalMs: config.refreshInterval },
      close: () => client.close(),
      async refresh(signal) {
        const headers = { Authorization: `Bearer ${await token.get(signal)}` }
        const zone = `projects/${config.project}/zones/${config.zone}`
        const targets: Record<string, string>[] = []
        let pageToken = ''
        for (let page = 0; page < PAGES_MAX; page++) {
          const query = new URLSearchParams({
            alt: 'json',
            prettyPrint: 'false',
            ...(config.filter && { filter: config.filter }),
            ...(pageToken && { pageToken }),
          })
          const url = `https://compute.googleapis.com/compute/v1/${zone}/instances?${query}`
          const answer = await askJson({ client, url, headers, signal })
          targets.push(...listAt(answer, 'items').flatMap((one) => target(one, config)))
          pageToken = textAt(answer, 'nextPageToken')
          if (pageToken === '') break
        }
        return [{ source: `GCE_${config.project}_${config.zone}`, targets, labels: {} }]
      },
    })
  },
})

/** Nothing for an instance without a network interface. */
function target(instance: unknown, config: Config): Record<string, string>[] {
  const [first] = listAt(instance, 'networkInterfaces')
  if (first === undefined) return []
  const labels: Record<string, string> = {
    __address__: hostPort(textAt(first, 'networkIP'), config.port),
    [`${PREFIX}project`]: config.project,
    [`${PREFIX}zone`]: textAt(instance, 'zone'),
    [`${PREFIX}instance_id`]: textAt(instance, 'id'),
    [`${PREFIX}instance_name`]: textAt(instance, 'name'),
    [`${PREFIX}instance_status`]: textAt(instance, 'status'),
    [`${PREFIX}machine_type`]: textAt(instance, 'machineType'),
    [`${PREFIX}network`]: textAt(first, 'network'),
    [`${PREFIX}subnetwork`]: textAt(first, 'subnetwork'),
    [`${PREFIX}private_ip`]: textAt(first, 'networkIP'),
    [`${PREFIX}public_ip`]: textAt(listAt(first, 'accessConfigs')[0], 'natIP'),
    [`${PREFIX}tags`]: joinAround(textsAt(instance, 'tags', 'items'), config.tagSeparator),
  }
  for (const one of listAt(instance, 'networkInterfaces')) {
    const name = `${PREFIX}interface_ipv4_${sanitizeLabel(textAt(one, 'name'))}`
    labels[name] = textAt(one, 'networkIP')
  }
  for (const item of listAt(instance, 'metadata', 'items')) {
    labels[`${PREFIX}metadata_${sanitizeLabel(textAt(item, 'key'))}`] = textAt(item, 'value')
  }
  for (const [name, value] of entriesAt(instance, 'labels')) {
    labels[`${PREFIX}label_${sanitizeLabel(name)}`] = textAt({ value }, 'value')
  }
  return [labels]
}
