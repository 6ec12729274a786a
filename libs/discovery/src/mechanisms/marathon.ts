import { httpClientConfig } from '@prom/http'
import {
  duration,
  entryOf,
  field,
  type Infer,
  inline,
  list,
  nodeOf,
  path,
  secret,
  string,
  struct,
} from '@prom/yaml'
import { at, listAt, numberAt, pairsAt, textAt } from '../answer-fields.ts'
import { askJson } from '../ask.ts'
import { type DiscoveryHost, defineMechanism } from '../mechanism.ts'
import { hostPort, labelsUnder } from '../meta-label.ts'
import { refreshed } from '../refresh.ts'
import { readSecretFile } from '../secret-file.ts'
import type { TargetGroup } from '../target-group.ts'

const PREFIX = '__meta_marathon_'

export const marathonSdConfig = struct(
  'marathon.plain',
  {
    servers: field('servers', list(string)),
    refreshInterval: field('refresh_interval', duration, { default: 30_000 }),
    authToken: field('auth_token', secret),
    authTokenFile: field('auth_token_file', path),
    http: inline(httpClientConfig),
  },
  {
    typeName: 'marathon.SDConfig',
    check({ servers, authToken, authTokenFile, http }) {
      const hasToken = authToken.value !== ''
      const hasFile = authTokenFile !== ''
      if (servers.length === 0) return 'marathon_sd: must contain at least one Marathon server'
      if (hasToken && hasFile) {
        return 'marathon_sd: at most one of auth_token & auth_token_file must be configured'
      }
      if ((hasToken || hasFile) && http.basicAuth) {
        return 'marathon_sd: at most one of basic_auth, auth_token & auth_token_file must be configured'
      }
      const written = nodeOf(http)
      const isBearer = ['bearer_token', 'bearer_token_file'].some(
        (key) => written && entryOf(written, key) !== undefined,
      )
      if ((hasToken || hasFile) && isBearer) {
        return 'marathon_sd: at most one of bearer_token, bearer_token_file, auth_token & auth_token_file must be configured'
      }
      if ((hasToken || hasFile) && http.authorization) {
        return 'marathon_sd: at most one of auth_token, auth_token_file & authorization must be configured'
      }
      return undefined
    },
  },
)
type Config = Infer<typeof marathonSdConfig>
type Target = Record<string, string>

/** Lists the tasks of all apps of a Marathon; a group per app. */
export const marathon = defineMechanism<Config>({
  name: 'marathon',
  start(config, host) {
    const client = host.createClient(config.http)
    return refreshed({
      ...{ name: 'marathon', host, intervalMs: config.refreshInterval },
      close: () => client.close(),
      async refresh(signal) {
        const at = Math.floor(host.random.next() * config.servers.length)
        const url = `${config.servers[at]}/v2/apps/?embed=apps.tasks`
        const headers = await credentials(config, host, signal)
        const answer = await askJson({ client, url, signal, headers })
        return listAt(answer, 'apps').map(toGroup)
      },
    })
  },
})

async function credentials(
  { authToken, authTokenFile }: Config,
  { files }: DiscoveryHost,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const token =
    authTokenFile === '' ? authToken.reveal() : await readSecretFile(files, authTokenFile, signal)
  return token === '' ? {} : { Authorization: `token=${token}` }
}

function toGroup(app: unknown): TargetGroup {
  return {
    source: textAt(app, 'id'),
    targets: targetsOf(app),
    labels: {
      [`${PREFIX}app`]: textAt(app, 'id'),
      [`${PREFIX}image`]: textAt(app, 'container', 'docker', 'image'),
      ...labelsUnder(`${PREFIX}app_label_`, pairsAt(app, 'labels')),
    },
  }
}

function targetsOf(app: unknown): Target[] {
  const isContainerNet = networkIsContainer(app)
  const { ports, labels } = portsOf(app, isContainerNet)
  return listAt(app, 'tasks').flatMap((task) => {
    const own = listAt(task, 'ports').map(Number)
    const wanted = ports.length > 0 ? ports : own
    return wanted.map((port, index) => {
      // Zero: chosen by Mesos, so the task knows it.
      const real = port === 0 && own.length === wanted.length ? (own[index] as number) : port
      const ip = textAt(task, 'ipAddresses', 0, 'ipAddress')
      const host = isContainerNet && ip !== '' ? ip : textAt(task, 'host')
      return {
        __address__: hostPort(host, real),
        [`${PREFIX}task`]: textAt(task, 'id'),
        [`${PREFIX}port_index`]: String(index),
        ...labels[index],
      }
    })
  })
}

function networkIsContainer(app: unknown): boolean {
  const [first] = listAt(app, 'networks')
  if (first !== undefined) return at(first, 'mode') === 'container'
  return at(app, 'container', 'docker', 'network') === 'USER' || at(app, 'ipAddress') !== undefined
}

/** Ports as the app asks for them, in the place where its version of Marathon has them. */
function portsOf(
  app: unknown,
  isContainerNet: boolean,
): { ports: number[]; labels: readonly Target[] } {
  const mappings =
    [
      listAt(app, 'container', 'portMappings'),
      listAt(app, 'container', 'docker', 'portMappings'),
    ].find((list) => list.length > 0) ?? []
  if (mappings.length > 0) {
    const key = isContainerNet ? 'containerPort' : 'hostPort'
    return {
      ports: mappings.map((mapping) => numberAt(mapping, key)),
      labels: mappings.map((one) =>
        labelsUnder(`${PREFIX}port_mapping_label_`, pairsAt(one, 'labels')),
      ),
    }
  }
  const definitions = listAt(app, 'portDefinitions')
  const isRequired = at(app, 'requirePorts') === true
  return {
    ports: definitions.map((one) => (isRequired ? numberAt(one, 'port') : 0)),
    labels: definitions.map((one) =>
      labelsUnder(`${PREFIX}port_definition_label_`, pairsAt(one, 'labels')),
    ),
  }
}
