import { type HttpClient, httpClientConfig, KeptToken, signToken } from '@prom/http'
import { duration, field, type Infer, inline, int, path, secret, string, struct } from '@prom/yaml'
import { listAt, numberAt, pairsAt, textAt } from '../answer-fields.ts'
import { askJson } from '../ask.ts'
import { type DiscoveryHost, defineMechanism } from '../mechanism.ts'
import { hostPort, labelsUnder, presentUnder, sanitizeLabel } from '../meta-label.ts'
import { refreshed } from '../refresh.ts'

const PREFIX = '__meta_stackit_'
const TOKEN_URL = 'https://service-account.api.stackit.cloud/token'
const TOKEN_SECONDS = 600

export const stackitSdConfig = struct(
  'stackit.plain',
  {
    http: inline(httpClientConfig),
    project: field('project', string, { isAlwaysPrinted: true }),
    refreshInterval: field('refresh_interval', duration, { default: 60_000 }),
    port: field('port', int, { default: 80, isAlwaysPrinted: true }),
    region: field('region', string, { default: 'eu01', isAlwaysPrinted: true }),
    endpoint: field('endpoint', string),
    serviceAccountKey: field('service_account_key', secret),
    privateKey: field('private_key', secret),
    serviceAccountKeyPath: field('service_account_key_path', path),
    privateKeyPath: field('private_key_path', path),
    credentialsFilePath: field('credentials_file_path', path),
  },
  {
    typeName: 'stackit.SDConfig',
    check({ endpoint, region, project }) {
      if (endpoint === '' && region === '') return 'stackit_sd: endpoint and region missing'
      if (endpoint !== '' && !URL.canParse(endpoint))
        return `stackit_sd: invalid endpoint ${JSON.stringify(endpoint)}`
      return project === '' ? 'stackit_sd: project missing' : undefined
    },
  },
)
type Config = Infer<typeof stackitSdConfig>

/** Lists the servers of a STACKIT project. */
export const stackit = defineMechanism<Config>({
  name: 'stackit',
  start(config, host) {
    const client = host.createClient(config.http)
    const base = config.endpoint || `https://iaas.api.${config.region}.stackit.cloud`
    const project = encodeURIComponent(config.project)
    const url = `${base.replace(/\/$/, '')}/v1/projects/${project}/servers?details=true`
    const token = new KeptToken(
      () => host.clock.now(),
      (signal) => askToken(config, host, client, signal),
    )
    const { http } = config
    const isKeyed = http.authorization === undefined && !http.basicAuth && !http.oauth2
    return refreshed({
      ...{ name: 'stackit', host, intervalMs: config.refreshInterval },
      close: () => client.close(),
      async refresh(signal) {
        const headers: Record<string, string> = {}
        if (isKeyed) headers.Authorization = `Bearer ${await token.get(signal)}`
        const answer = await askJson({ client, url, headers, signal })
        const targets = listAt(answer, 'items').flatMap((server) => target(server, config))
        return [{ source: 'stackit', targets, labels: {} }]
      },
    })
  },
})

/** The key flow: a signed claim of the service account is exchanged for a token. */
async function askToken(
  config: Config,
  { files, clock, env }: DiscoveryHost,
  client: HttpClient,
  signal: AbortSignal,
) {
  const read = async (own: string, path: string) =>
    own !== '' ? own : path === '' ? '' : await files.readText(path, signal)
  const own = `${env.HOME ?? ''}/.stackit/credentials.json`
  const storePath = config.credentialsFilePath || env.STACKIT_CREDENTIALS_PATH || own
  const store: unknown = files.statSync(storePath)?.isFile
    ? JSON.parse(await files.readText(storePath, signal))
    : {}
  const stored = (name: string) => env[name] || textAt(store, name)
  const key: unknown = JSON.parse(
    (await read(
      config.serviceAccountKey.reveal() || stored('STACKIT_SERVICE_ACCOUNT_KEY'),
      config.serviceAccountKeyPath || stored('STACKIT_SERVICE_ACCOUNT_KEY_PATH'),
    )) || '{}',
  )
  const fixed = stored('STACKIT_SERVICE_ACCOUNT_TOKEN')
  const credentials = 'credentials'
  if (textAt(key, credentials, 'iss') === '') {
    if (fixed !== '') return { token: fixed, lifetimeMs: TOKEN_SECONDS * 1000 }
    throw new Error('stackit_sd: no service account key is configured')
  }
  const privateKey =
    (await read(
      config.privateKey.reveal() || stored('STACKIT_PRIVATE_KEY'),
      config.privateKeyPath || stored('STACKIT_PRIVATE_KEY_PATH'),
    )) || textAt(key, credentials, 'privateKey')
  const now = Math.floor(clock.now() / 1000)
  const claims = {
    iss: textAt(key, credentials, 'iss'),
    sub: textAt(key, credentials, 'sub'),
    aud: textAt(key, credentials, 'aud'),
    jti: `${now}`,
    iat: now,
    exp: now + TOKEN_SECONDS,
  }
  const keyId = textAt(key, credentials, 'kid')
  const assertion = signToken(claims, privateKey, { algorithm: 'RS512', ...(keyId && { keyId }) })
  const grant = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
  const answer = await askJson({
    ...{ client, signal, method: 'POST', url: env.STACKIT_TOKEN_BASEURL || TOKEN_URL },
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ grant_type: grant, assertion }).toString(),
  })
  return {
    token: textAt(answer, 'access_token'),
    lifetimeMs: (numberAt(answer, 'expires_in') || TOKEN_SECONDS) * 1000,
  }
}

/** Nothing for a server without addresses. */
function target(server: unknown, { port, project }: Config): Record<string, string>[] {
  const cards = listAt(server, 'nics')
  const publicIp = cards.map((nic) => textAt(nic, 'publicIp')).find((ip) => ip !== '') ?? ''
  const privateLabels = cards
    .filter((nic) => textAt(nic, 'ipv4') !== '')
    .map((nic) => [
      `${PREFIX}private_ipv4_${sanitizeLabel(textAt(nic, 'networkName'))}`,
      textAt(nic, 'ipv4'),
    ])
  const address = publicIp || (privateLabels[0]?.[1] ?? '')
  if (address === '') return []
  const labels = pairsAt(server, 'labels')
  return [
    {
      __address__: hostPort(address, port),
      [`${PREFIX}role`]: 'server',
      [`${PREFIX}project`]: project,
      [`${PREFIX}id`]: textAt(server, 'id'),
      [`${PREFIX}name`]: textAt(server, 'name'),
      [`${PREFIX}status`]: textAt(server, 'status'),
      [`${PREFIX}power_status`]: textAt(server, 'powerStatus'),
      [`${PREFIX}type`]: textAt(server, 'machineType'),
      [`${PREFIX}availability_zone`]: textAt(server, 'availabilityZone'),
      [`${PREFIX}public_ipv4`]: publicIp,
      ...Object.fromEntries(privateLabels),
      ...presentUnder(`${PREFIX}labelpresent_`, labels),
      ...labelsUnder(`${PREFIX}label_`, labels),
    },
  ]
}
