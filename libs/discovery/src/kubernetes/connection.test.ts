import type { HttpClientConfig } from '@prom/http'
import { MemoryFiles } from '@prom/testkit'
import { loadYaml } from '@prom/yaml'
import type { DiscoveryHost } from '../mechanism.ts'
import { kubernetesSdConfig } from '../mechanisms/kubernetes-config.ts'
import { openKubernetes, ownNamespace } from './connection.ts'

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

/** Where the API server is found to be, and how it is asked. */
async function open(yaml: string, content: Record<string, string>, env: Record<string, string>) {
  const files = new MemoryFiles()
  for (const [path, text] of Object.entries(content)) files.replaceSync(path, text)
  const settings: HttpClientConfig[] = []
  const createClient = (config: HttpClientConfig) => {
    settings.push(config)
    return {}
  }
  const host = { files, env, createClient } as unknown as DiscoveryHost
  const loaded = loadYaml(yaml, kubernetesSdConfig, 'test.yml')
  if ('errors' in loaded) throw new Error(loaded.message)
  const { server } = await openKubernetes(loaded.value, host, new AbortController().signal)
  return { server, http: settings[0] as HttpClientConfig, host }
}

test('inside a pod the account of the pod is used, its token read from its file', async () => {
  const env = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' }
  const content = { [`${ACCOUNT}/namespace`]: 'monitoring\n' }
  const { server, http, host } = await open('role: pod', content, env)
  expect(server).toBe('https://10.0.0.1:443')
  expect(http.authorization).toMatchObject({ type: 'Bearer', credentialsFile: `${ACCOUNT}/token` })
  expect(http.tls.caFile).toBe(`${ACCOUNT}/ca.crt`)
  expect(await ownNamespace(host, new AbortController().signal)).toBe('monitoring')
  const six = await open('role: pod', {}, { ...env, KUBERNETES_SERVICE_HOST: 'fd00::1' })
  expect(six.server).toBe('https://[fd00::1]:443')
  await expect(open('role: pod', {}, {})).rejects.toThrow(
    'unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined',
  )
})

const kubeconfig = (cluster: string, user: string) => `
apiVersion: v1
current-context: main
contexts: [{name: other, context: {}}, {name: main, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {${cluster}}}]
users: [{name: u, user: {${user}}}]
`

test('a kubeconfig names server, certificates and user of its current context', async () => {
  const f = (cluster: string, user: string) =>
    open('role: pod\nkubeconfig_file: /k/config', { '/k/config': kubeconfig(cluster, user) }, {})
  const pem = Buffer.from('PEM').toString('base64')
  const inline = await f(
    `server: 'https://k:6443/', certificate-authority-data: ${pem}, tls-server-name: k8s`,
    `client-certificate-data: ${pem}, client-key-data: ${pem}`,
  )
  expect(inline.server).toBe('https://k:6443')
  expect(inline.http.tls).toMatchObject({ ca: 'PEM', cert: 'PEM', serverName: 'k8s' })
  expect(inline.http.tls.key.reveal()).toBe('PEM')
  const byFile = await f(
    "server: 'https://k', certificate-authority: ca.crt, insecure-skip-tls-verify: true",
    'client-certificate: /etc/u.crt, client-key: u.key',
  )
  expect(byFile.http.tls).toMatchObject({
    ...{ caFile: '/k/ca.crt', certFile: '/etc/u.crt', keyFile: '/k/u.key' },
    insecureSkipVerify: true,
  })
  const token = (await f("server: 'https://k'", 'token: t')).http.authorization
  expect(token?.credentials.reveal()).toBe('t')
  const tokenFile = (await f("server: 'https://k'", 'token: t, tokenFile: tok')).http.authorization
  expect(tokenFile).toMatchObject({ credentialsFile: '/k/tok' })
  const basic = (await f("server: 'https://k'", 'username: a, password: b')).http.basicAuth
  expect([basic?.username, basic?.password.reveal()]).toEqual(['a', 'b'])
  await expect(f('', 'token: t')).rejects.toThrow('no configuration has been provided')
  await expect(f("server: 'https://k'", 'exec: {command: x}')).rejects.toThrow('not supported')
})
