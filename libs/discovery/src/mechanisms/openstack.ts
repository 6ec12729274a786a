import { httpClientConfig, tlsConfig } from '@prom/http'
import { bool, duration, field, type Infer, int, secret, string, struct } from '@prom/yaml'
import { at, entriesAt, listAt, pairsAt, textAt, textsAt } from '../answer-fields.ts'
import { type DiscoveryHost, defineMechanism } from '../mechanism.ts'
import { hostPort, joinAround, labelsUnder } from '../meta-label.ts'
import { type OpenstackSession, openOpenstack } from '../openstack-api.ts'
import { refreshed } from '../refresh.ts'

const PREFIX = '__meta_openstack_'
const AVAILABILITIES = ['', 'public', 'internal', 'admin']
const ROLES = ['hypervisor', 'instance', 'loadbalancer']

export const openstackSdConfig = struct(
  'openstack.plain',
  {
    identityEndpoint: field('identity_endpoint', string, { isAlwaysPrinted: true }),
    username: field('username', string, { isAlwaysPrinted: true }),
    userId: field('userid', string, { isAlwaysPrinted: true }),
    password: field('password', secret),
    projectName: field('project_name', string, { isAlwaysPrinted: true }),
    projectId: field('project_id', string, { isAlwaysPrinted: true }),
    domainName: field('domain_name', string, { isAlwaysPrinted: true }),
    domainId: field('domain_id', string, { isAlwaysPrinted: true }),
    applicationCredentialName: field('application_credential_name', string),
    applicationCredentialId: field('application_credential_id', string),
    applicationCredentialSecret: field('application_credential_secret', secret),
    role: field('role', string, { isAlwaysPrinted: true }),
    region: field('region', string, { isAlwaysPrinted: true }),
    refreshInterval: field('refresh_interval', duration, { default: 60_000 }),
    port: field('port', int, { default: 80, isAlwaysPrinted: true }),
    allTenants: field('all_tenants', bool),
    tls: field('tls_config', tlsConfig),
    availability: field('availability', string, { default: 'public' }),
  },
  {
    typeName: 'openstack.SDConfig',
    check({ availability, role, region }) {
      if (!AVAILABILITIES.includes(availability)) {
        return `unknown availability ${availability}, must be one of admin, internal or public`
      }
      if (role === '') return 'role missing (one of: instance, hypervisor, loadbalancer)'
      if (!ROLES.includes(role)) {
        return { text: `unknown OpenStack SD role ${JSON.stringify(role)}`, key: 'role' }
      }
      return region === '' ? 'openstack SD configuration requires a region' : undefined
    },
  },
)
type Config = Infer<typeof openstackSdConfig>
type Target = Record<string, string>

/** Lists hypervisors, instances or load balancers of an OpenStack project. */
export const openstack = defineMechanism<Config>({
  name: 'openstack',
  start(config, host) {
    const client = host.createClient({ ...httpClientConfig.create(), tls: config.tls })
    const find = {
      hypervisor: findHypervisors,
      instance: findInstances,
      loadbalancer: findLoadBalancers,
    }[config.role]
    return refreshed({
      ...{ name: 'openstack', host, intervalMs: config.refreshInterval },
      close: () => client.close(),
      async refresh(signal) {
        const session = await openOpenstack(identityOf(config, host), config, client, signal)
        const targets = (await find?.(session, config)) ?? []
        return [{ source: `OS_${config.region}`, targets, labels: {} }]
      },
    })
  },
})

/** Without an endpoint all of it comes from the environment, as OpenStack's own tools have it. */
function identityOf(config: Config, { env }: DiscoveryHost) {
  const { password, applicationCredentialSecret } = config
  if (config.identityEndpoint !== '') {
    return {
      ...config,
      password: password.reveal(),
      applicationCredentialSecret: applicationCredentialSecret.reveal(),
    }
  }
  const of = (name: string) => env[name] ?? ''
  return {
    identityEndpoint: of('OS_AUTH_URL'),
    username: of('OS_USERNAME'),
    userId: of('OS_USERID'),
    password: of('OS_PASSWORD'),
    projectName: of('OS_PROJECT_NAME') || of('OS_TENANT_NAME'),
    projectId: of('OS_PROJECT_ID') || of('OS_TENANT_ID'),
    domainName: of('OS_DOMAIN_NAME') || of('OS_USER_DOMAIN_NAME'),
    domainId: of('OS_DOMAIN_ID') || of('OS_USER_DOMAIN_ID'),
    applicationCredentialName: of('OS_APPLICATION_CREDENTIAL_NAME'),
    applicationCredentialId: of('OS_APPLICATION_CREDENTIAL_ID'),
    applicationCredentialSecret: of('OS_APPLICATION_CREDENTIAL_SECRET'),
  }
}

async function findHypervisors(session: OpenstackSession, { port }: Config): Promise<Target[]> {
  const prefix = `${PREFIX}hypervisor_`
  const all = await session.list('compute', '/os-hypervisors/detail', 'hypervisors')
  return all.map((one) => ({
    __address__: hostPort(textAt(one, 'host_ip'), port),
    [`${prefix}id`]: textAt(one, 'id'),
    [`${prefix}hostname`]: textAt(one, 'hypervisor_hostname'),
    [`${prefix}host_ip`]: textAt(one, 'host_ip'),
    [`${prefix}status`]: textAt(one, 'status'),
    [`${prefix}state`]: textAt(one, 'state'),
    [`${prefix}type`]: textAt(one, 'hypervisor_type'),
  }))
}

async function findInstances(session: OpenstackSession, config: Config): Promise<Target[]> {
  const ports = await session.list('network', '/v2.0/ports', 'ports')
  const deviceOf = new Map(ports.map((port) => [textAt(port, 'id'), textAt(port, 'device_id')]))
  const floating = await session.list('network', '/v2.0/floatingips', 'floatingips')
  const floatingOf = new Map(
    floating
      .filter((one) => textAt(one, 'port_id') !== '')
      .map((one) => [
        `${deviceOf.get(textAt(one, 'port_id'))} ${textAt(one, 'fixed_ip_address')}`,
        textAt(one, 'floating_ip_address'),
      ]),
  )
  const floatingIps = new Set(floatingOf.values())
  const query = config.allTenants ? '?all_tenants=true' : ''
  const servers = await session.list('compute', `/servers/detail${query}`, 'servers')
  return servers.flatMap((server) => {
    const common = instanceLabels(server)
    return entriesAt(server, 'addresses').flatMap(([pool]) =>
      listAt(server, 'addresses', pool).flatMap((address) => {
        const ip = textAt(address, 'addr')
        const publicIp = floatingOf.get(`${textAt(server, 'id')} ${ip}`)
        if (ip === '' || floatingIps.has(ip)) return []
        const target: Target = {
          ...common,
          __address__: hostPort(ip, config.port),
          [`${PREFIX}address_pool`]: pool,
          [`${PREFIX}private_ip`]: ip,
          [`${PREFIX}public_ip`]: publicIp ?? '',
        }
        return [target]
      }),
    )
  })
}

function instanceLabels(server: unknown): Target {
  return {
    [`${PREFIX}instance_id`]: textAt(server, 'id'),
    [`${PREFIX}instance_status`]: textAt(server, 'status'),
    [`${PREFIX}instance_name`]: textAt(server, 'name'),
    [`${PREFIX}instance_image`]: textAt(server, 'image', 'id'),
    [`${PREFIX}instance_flavor`]:
      textAt(server, 'flavor', 'original_name') || textAt(server, 'flavor', 'id'),
    [`${PREFIX}project_id`]: textAt(server, 'tenant_id'),
    [`${PREFIX}user_id`]: textAt(server, 'user_id'),
    ...labelsUnder(`${PREFIX}tag_`, pairsAt(server, 'metadata')),
  }
}

async function findLoadBalancers(session: OpenstackSession): Promise<Target[]> {
  const prefix = `${PREFIX}loadbalancer_`
  const list = (path: string, key: string) =>
    session.list('load-balancer', `/v2.0/lbaas/${path}`, key)
  const balancers = await list('loadbalancers', 'loadbalancers')
  const listeners = await list('listeners', 'listeners')
  const floating = await session.list('network', '/v2.0/floatingips', 'floatingips')
  const floatingOf = new Map(
    floating.map((one) => [textAt(one, 'port_id'), textAt(one, 'floating_ip_address')]),
  )
  return balancers.flatMap((balancer) => {
    const ids = new Set(listAt(balancer, 'listeners').map((one) => textAt(one, 'id')))
    // Compat: the listener that answers scrapes speaks this protocol.
    const metrics = listeners.find(
      (one) => ids.has(textAt(one, 'id')) && at(one, 'protocol') === 'PROMETHEUS',
    )
    if (!metrics) return []
    const vip = textAt(balancer, 'vip_address')
    const target: Target = {
      __address__: hostPort(vip, textAt(metrics, 'protocol_port')),
      [`${prefix}id`]: textAt(balancer, 'id'),
      [`${prefix}name`]: textAt(balancer, 'name'),
      [`${prefix}operating_status`]: textAt(balancer, 'operating_status'),
      [`${prefix}provisioning_status`]: textAt(balancer, 'provisioning_status'),
      [`${prefix}availability_zone`]: textAt(balancer, 'availability_zone'),
      [`${prefix}vip`]: vip,
      [`${prefix}floating_ip`]: floatingOf.get(textAt(balancer, 'vip_port_id')) ?? '',
      [`${prefix}provider`]: textAt(balancer, 'provider'),
      [`${prefix}tags`]: joinAround(textsAt(balancer, 'tags'), ','),
      [`${PREFIX}project_id`]: textAt(balancer, 'project_id'),
    }
    return [target]
  })
}
