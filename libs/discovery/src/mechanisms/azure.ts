import { httpClientConfig } from '@prom/http'
import { quoteGo } from '@prom/model'
import { duration, field, type Infer, inline, int, secret, string, struct } from '@prom/yaml'
import { at, listAt, pairsAt, textAt } from '../answer-fields.ts'
import { AZURE_CLOUDS, AzureApi, type AzureCloud } from '../azure-api.ts'
import { type DiscoveryHost, defineMechanism } from '../mechanism.ts'
import { hostPort, labelsUnder } from '../meta-label.ts'
import { mapParallel, refreshed } from '../refresh.ts'

const PREFIX = '__meta_azure_'
const MACHINE = `${PREFIX}machine_`
const COMPUTE_VERSION = '2024-07-01'
const NETWORK_VERSION = '2024-05-01'
const SCALE_SET_NETWORK_VERSION = '2018-10-01'
const METHODS = ['OAuth', 'ManagedIdentity', 'SDK', 'WorkloadIdentity']

export const azureSdConfig = struct(
  'azure.plain',
  {
    environment: field('environment', string, { default: 'AzurePublicCloud' }),
    port: field('port', int, { default: 80, isAlwaysPrinted: true }),
    subscriptionId: field('subscription_id', string, { isAlwaysPrinted: true }),
    tenantId: field('tenant_id', string),
    clientId: field('client_id', string),
    clientSecret: field('client_secret', secret),
    refreshInterval: field('refresh_interval', duration, { default: 300_000 }),
    authenticationMethod: field('authentication_method', string, { default: 'OAuth' }),
    resourceGroup: field('resource_group', string),
    http: inline(httpClientConfig),
  },
  {
    typeName: 'azure.SDConfig',
    check(config) {
      const { subscriptionId, authenticationMethod } = config
      const requires = (name: string) => `azure SD configuration requires a ${name}`
      if (subscriptionId === '') return requires('subscription_id')
      if (authenticationMethod === 'OAuth') {
        if (config.tenantId === '') return requires('tenant_id')
        if (config.clientId === '') return requires('client_id')
        if (config.clientSecret.value === '') return requires('client_secret')
      }
      return METHODS.includes(authenticationMethod)
        ? undefined
        : `unknown authentication_type ${quoteGo(authenticationMethod)}. Supported types are "OAuth", "ManagedIdentity", "SDK" or "WorkloadIdentity"`
    },
  },
)
type Config = Infer<typeof azureSdConfig>
type Target = Record<string, string>

/** Lists the virtual machines of a subscription or resource group, those of scale sets included. */
export const azure = defineMechanism<Config>({
  name: 'azure',
  start(config, host) {
    const client = host.createClient(config.http)
    const { authenticationMethod: method, tenantId, clientId, clientSecret } = config
    const identity = { method, tenantId, clientId, clientSecret: clientSecret.reveal() }
    const api = new AzureApi(cloudOf(config, host), identity, host, client)
    return refreshed({
      ...{ name: 'azure', host, intervalMs: config.refreshInterval },
      failed: () => host.metrics.azureFailures.inc(),
      close: () => client.close(),
      async refresh(signal) {
        const machines = await findMachines(api, config, signal)
        const targets = await mapParallel(machines, (one) => target(one, api, config, signal))
        return [{ source: 'azure', targets: targets.flat(), labels: {} }]
      },
    })
  },
})

function cloudOf({ environment }: Config, { log }: DiscoveryHost): AzureCloud {
  const known = AZURE_CLOUDS[environment.toUpperCase()]
  if (!known) log.error('Unknown Azure environment, using the public one', { environment })
  return known ?? (AZURE_CLOUDS.AZUREPUBLICCLOUD as AzureCloud)
}

interface Machine {
  readonly machine: unknown
  readonly scaleSet: string
}

async function findMachines(
  api: AzureApi,
  { subscriptionId, resourceGroup }: Config,
  signal: AbortSignal,
): Promise<Machine[]> {
  const group = resourceGroup && `/resourceGroups/${encodeURIComponent(resourceGroup)}`
  const root = `/subscriptions/${subscriptionId}${group}/providers/Microsoft.Compute`
  const list = (path: string) => api.list(path, COMPUTE_VERSION, signal)
  const single = await list(`${root}/virtualMachines`)
  const sets = await list(`${root}/virtualMachineScaleSets`)
  const inSets = await mapParallel(sets, async (set) => {
    const scaleSet = textAt(set, 'name')
    const machines = await list(`${textAt(set, 'id')}/virtualMachines`)
    return machines.map((machine) => ({ machine, scaleSet }))
  })
  return [...single.map((machine) => ({ machine, scaleSet: '' })), ...inSets.flat()]
}

/** One target at most: the primary address of the first card that is up. */
async function target(
  { machine, scaleSet }: Machine,
  api: AzureApi,
  { subscriptionId, tenantId, port }: Config,
  signal: AbortSignal,
): Promise<Target[]> {
  const id = textAt(machine, 'id')
  const properties = at(machine, 'properties')
  const labels: Target = {
    [`${PREFIX}subscription_id`]: subscriptionId,
    [`${PREFIX}tenant_id`]: tenantId,
    [`${MACHINE}id`]: id,
    [`${MACHINE}resource_group`]: /\/resourceGroups\/([^/]+)/i.exec(id)?.[1] ?? '',
    [`${MACHINE}name`]: textAt(machine, 'name'),
    [`${MACHINE}computer_name`]: textAt(properties, 'osProfile', 'computerName'),
    [`${MACHINE}os_type`]: textAt(properties, 'storageProfile', 'osDisk', 'osType'),
    [`${MACHINE}location`]: textAt(machine, 'location'),
    [`${MACHINE}size`]: textAt(properties, 'hardwareProfile', 'vmSize'),
    ...(scaleSet !== '' && { [`${MACHINE}scale_set`]: scaleSet }),
    ...labelsUnder(`${MACHINE}tag_`, pairsAt(machine, 'tags')),
  }
  for (const reference of listAt(properties, 'networkProfile', 'networkInterfaces')) {
    const version = scaleSet === '' ? NETWORK_VERSION : SCALE_SET_NETWORK_VERSION
    const card = at(await api.get(textAt(reference, 'id'), version, signal), 'properties')
    // A machine that is stopped and deallocated has a card that is not primary.
    if (at(card, 'primary') !== true) continue
    for (const address of listAt(card, 'ipConfigurations')) {
      const publicIp = textAt(address, 'properties', 'publicIPAddress', 'properties', 'ipAddress')
      if (publicIp !== '') labels[`${MACHINE}public_ip`] = publicIp
      const privateIp = textAt(address, 'properties', 'privateIPAddress')
      if (privateIp === '') continue
      labels[`${MACHINE}private_ip`] = privateIp
      return [{ ...labels, __address__: hostPort(privateIp, port) }]
    }
  }
  return []
}
