import { type HttpClient, httpClientConfig } from '@prom/http'
import { duration, field, type Infer, inline, secret, string, struct } from '@prom/yaml'
import { askText } from '../ask.ts'
import { defineMechanism } from '../mechanism.ts'
import { refreshed } from '../refresh.ts'
import { callBody, callResult, type RpcValue, rpcAt, rpcList, rpcText } from '../xml-rpc.ts'

const PREFIX = '__meta_uyuni_'

export const uyuniSdConfig = struct(
  'uyuni.plain',
  {
    server: field('server', string, { isAlwaysPrinted: true }),
    username: field('username', string, { isAlwaysPrinted: true }),
    password: field('password', secret),
    http: inline(httpClientConfig),
    entitlement: field('entitlement', string, { default: 'monitoring_entitled' }),
    separator: field('separator', string, { default: ',' }),
    refreshInterval: field('refresh_interval', duration, { default: 60_000 }),
  },
  {
    typeName: 'uyuni.SDConfig',
    check({ server, username, password }) {
      if (server === '') return 'Uyuni SD configuration requires server host'
      if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(server)) return 'Uyuni Server URL is not valid'
      if (username === '') return 'Uyuni SD configuration requires a username'
      return password.value === '' ? 'Uyuni SD configuration requires a password' : undefined
    },
  },
)
type Config = Infer<typeof uyuniSdConfig>
type Call = (method: string, ...values: (string | readonly number[])[]) => Promise<RpcValue>

/** Asks a Uyuni server for the exporters of the systems it monitors. */
export const uyuni = defineMechanism<Config>({
  name: 'uyuni',
  start(config, host) {
    const client = host.createClient(config.http)
    const url = `${config.server.replace(/\/$/, '')}/rpc/api`
    return refreshed({
      ...{ name: 'uyuni', host, intervalMs: config.refreshInterval },
      close: () => client.close(),
      async refresh(signal) {
        const targets = await find(config, caller(client, url, signal))
        return [{ source: config.server, targets, labels: {} }]
      },
    })
  },
})

function caller(client: HttpClient, url: string, signal: AbortSignal): Call {
  return async (method, ...values) => {
    const headers = { 'Content-Type': 'text/xml' }
    const body = callBody(method, values)
    return callResult(await askText({ client, url, method: 'POST', headers, body, signal }))
  }
}

async function find(config: Config, call: Call): Promise<Record<string, string>[]> {
  const token = rpcText(await call('auth.login', config.username, config.password.reveal()))
  const grouped = await call(
    'system.listSystemGroupsForSystemsWithEntitlement',
    ...[token, config.entitlement],
  )
  const groups = new Map(
    rpcList(grouped).map((one) => [
      Number(rpcText(rpcAt(one, 'id'))),
      rpcList(rpcAt(one, 'system_groups')).map((group) => rpcText(rpcAt(group, 'name'))),
    ]),
  )
  const ids = [...groups.keys()]
  if (ids.length === 0) return []
  const networks = new Map(
    rpcList(await call('system.getNetworkForSystems', token, ids)).map((one) => [
      Number(rpcText(rpcAt(one, 'system_id'))),
      one,
    ]),
  )
  const endpoints = rpcList(await call('system.monitoring.listEndpoints', token, ids))
  return endpoints.flatMap((endpoint) => {
    const id = Number(rpcText(rpcAt(endpoint, 'system_id')))
    const network = networks.get(id)
    const port = Number(rpcText(rpcAt(endpoint, 'port')))
    if (!network) return []
    const text = (key: string) => rpcText(rpcAt(endpoint, key))
    const host = rpcText(rpcAt(network, 'hostname'))
    const isTls = text('tls_enabled') === '1' || text('tls_enabled') === 'true'
    const target: Record<string, string> = {
      __address__: `${host}:${port}`,
      [`${PREFIX}minion_hostname`]: host,
      [`${PREFIX}primary_fqdn`]: rpcText(rpcAt(network, 'primary_fqdn')),
      [`${PREFIX}system_id`]: String(id),
      [`${PREFIX}groups`]: (groups.get(id) ?? []).join(config.separator),
      [`${PREFIX}endpoint_name`]: text('endpoint_name'),
      [`${PREFIX}exporter`]: text('exporter_name'),
      [`${PREFIX}proxy_module`]: text('module'),
      [`${PREFIX}metrics_path`]: text('path'),
      [`${PREFIX}scheme`]: isTls ? 'https' : 'http',
    }
    return [target]
  })
}
