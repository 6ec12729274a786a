/** How an API server is reached: configured, by kubeconfig, or from inside a pod. */
import { type HttpClient, type HttpClientConfig, httpClientConfig } from '@prom/http'
import { type ConfigNode, parseYaml, Secret } from '@prom/yaml'
import { at, listAt, textAt } from '../answer-fields.ts'
import type { DiscoveryHost } from '../mechanism.ts'
import type { KubernetesSdConfig } from '../mechanisms/kubernetes-config.ts'

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

export interface Connection {
  /** Without a slash at its end. */
  readonly server: string
  readonly client: HttpClient
}

/** Rejects with an Error that says what is missing. */
export async function openKubernetes(
  config: KubernetesSdConfig,
  host: DiscoveryHost,
  signal: AbortSignal,
): Promise<Connection> {
  if (config.kubeconfigFile !== '') return await fromKubeconfig(config.kubeconfigFile, host, signal)
  if (config.apiServer !== '') return open(config.apiServer, config.http, host)
  const { KUBERNETES_SERVICE_HOST: name, KUBERNETES_SERVICE_PORT: port } = host.env
  if (!name || !port) {
    throw new Error(
      'unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined',
    )
  }
  const settings = httpClientConfig.create()
  const authorization = bearer(new Secret(''), `${ACCOUNT}/token`)
  const tls = { ...settings.tls, caFile: `${ACCOUNT}/ca.crt` }
  const address = name.includes(':') ? `[${name}]:${port}` : `${name}:${port}`
  return open(`https://${address}`, { ...settings, authorization, tls }, host)
}

/** The namespace of the pod this runs in. */
export async function ownNamespace({ files }: DiscoveryHost, signal: AbortSignal): Promise<string> {
  return (await files.readText(`${ACCOUNT}/namespace`, signal)).trim()
}

function open(server: string, http: HttpClientConfig, host: DiscoveryHost): Connection {
  return { server: server.replace(/\/$/, ''), client: host.createClient(http) }
}

function bearer(credentials: Secret, credentialsFile: string) {
  return { type: 'Bearer', credentials, credentialsFile, credentialsRef: '' }
}

async function fromKubeconfig(
  path: string,
  host: DiscoveryHost,
  signal: AbortSignal,
): Promise<Connection> {
  const text = await host.files.readText(path, signal)
  const document = plain(parseYaml(text))
  const named = (list: string, name: string) =>
    listAt(document, list).find((one) => textAt(one, 'name') === name)
  const current = textAt(document, 'current-context')
  const context = at(named('contexts', current), 'context')
  const cluster = at(named('clusters', textAt(context, 'cluster')), 'cluster')
  const user = at(named('users', textAt(context, 'user')), 'user')
  const server = textAt(cluster, 'server')
  if (server === '') {
    throw new Error('invalid configuration: no configuration has been provided')
  }
  if (at(user, 'exec') !== undefined || at(user, 'auth-provider') !== undefined) {
    throw new Error(`kubeconfig ${path}: users with exec or auth-provider are not supported`)
  }
  const settings = httpClientConfig.create()
  const folder = path.slice(0, path.lastIndexOf('/') + 1)
  const file = (value: string) => (value === '' || value.startsWith('/') ? value : folder + value)
  const pem = (value: string) => Buffer.from(value, 'base64').toString('utf8')
  const tls = {
    ...settings.tls,
    ca: pem(textAt(cluster, 'certificate-authority-data')),
    caFile: file(textAt(cluster, 'certificate-authority')),
    cert: pem(textAt(user, 'client-certificate-data')),
    certFile: file(textAt(user, 'client-certificate')),
    key: new Secret(pem(textAt(user, 'client-key-data'))),
    keyFile: file(textAt(user, 'client-key')),
    serverName: textAt(cluster, 'tls-server-name'),
    insecureSkipVerify: textAt(cluster, 'insecure-skip-tls-verify') === 'true',
  }
  const proxy = { ...settings.proxy, proxyUrl: textAt(cluster, 'proxy-url') }
  const [token, tokenFile] = [textAt(user, 'token'), file(textAt(user, 'tokenFile'))]
  const username = textAt(user, 'username')
  const http: HttpClientConfig = {
    ...settings,
    ...{ tls, proxy },
    ...((token !== '' || tokenFile !== '') && {
      authorization: bearer(new Secret(tokenFile === '' ? token : ''), tokenFile),
    }),
    ...(username !== '' && {
      basicAuth: {
        ...{ username, usernameFile: '', usernameRef: '' },
        ...{ password: new Secret(textAt(user, 'password')), passwordFile: '', passwordRef: '' },
      },
    }),
  }
  return open(server, http, host)
}

/** Maps, lists and texts, without their places. */
function plain(node: ConfigNode | undefined): unknown {
  if (!node || node.kind === 'null') return undefined
  if (node.kind === 'scalar') return node.text
  if (node.kind === 'list') return node.items.map(plain)
  if (node.kind !== 'map') return undefined
  const entries = node.entries.flatMap(({ key, value }) =>
    key.kind === 'scalar' ? [[key.text, plain(value)] as const] : [],
  )
  return Object.fromEntries(entries)
}
