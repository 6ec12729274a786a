import { type HttpClient, httpClientConfig } from '@prom/http'
import { duration, field, type Infer, int, string, struct } from '@prom/yaml'
import { entriesAt, listAt, numberAt, textAt, textsAt } from '../answer-fields.ts'
import { askJson, PAGES_MAX } from '../ask.ts'
import { KeptToken, signToken } from '../json-web-token.ts'
import { type DiscoveryHost, defineMechanism } from '../mechanism.ts'
import { hostPort, joinAround, sanitizeLabel } from '../meta-label.ts'
import { refreshed } from '../refresh.ts'

const PREFIX = '__meta_gce_'
const SCOPE = 'https://www.googleapis.com/auth/compute.readonly'
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' }
const TOKEN_MS = 3_600_000

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
      (signal) => askToken(host, client, signal),
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

/** A token for the account of `GOOGLE_APPLICATION_CREDENTIALS`, of the user's gcloud, or of this instance. */
async function askToken(
  { env, files, clock }: DiscoveryHost,
  client: HttpClient,
  signal: AbortSignal,
) {
  const own = `${env.HOME ?? ''}/.config/gcloud/application_default_credentials.json`
  const path = env.GOOGLE_APPLICATION_CREDENTIALS || own
  let answer: unknown
  if (env.GOOGLE_APPLICATION_CREDENTIALS || files.statSync(path)?.isFile) {
    const account: unknown = JSON.parse(await files.readText(path, signal))
    const isUser = textAt(account, 'type') === 'authorized_user'
    const url = textAt(account, 'token_uri') || 'https://oauth2.googleapis.com/token'
    const body = isUser ? userGrant(account) : accountGrant(account, url, clock.now())
    answer = await askJson({
      ...{ client, url, signal, method: 'POST', headers: FORM, body: body.toString() },
    })
  } else {
    const at = env.GCE_METADATA_HOST || '169.254.169.254'
    const url = `http://${at}/computeMetadata/v1/instance/service-accounts/default/token`
    const headers = { 'Metadata-Flavor': 'Google' }
    answer = await askJson({ client, url, headers, signal, timeoutMs: 5_000 })
  }
  return {
    token: textAt(answer, 'access_token'),
    lifetimeMs: (numberAt(answer, 'expires_in') || TOKEN_MS / 1000) * 1000,
  }
}

function userGrant(account: unknown): URLSearchParams {
  return new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: textAt(account, 'client_id'),
    client_secret: textAt(account, 'client_secret'),
    refresh_token: textAt(account, 'refresh_token'),
  })
}

function accountGrant(account: unknown, url: string, nowMs: number): URLSearchParams {
  const at = Math.floor(nowMs / 1000)
  const email = textAt(account, 'client_email')
  const claims = { iss: email, scope: SCOPE, aud: url, iat: at, exp: at + TOKEN_MS / 1000 }
  const keyId = textAt(account, 'private_key_id')
  const assertion = signToken(claims, textAt(account, 'private_key'), { ...(keyId && { keyId }) })
  return new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion,
  })
}

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
