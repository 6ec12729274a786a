import { field, type Infer, list, string, struct } from '@prom/yaml'
import { PAGES_MAX } from '../ask.ts'
import { AwsApi, awsClientField, awsFields } from '../aws-api.ts'
import { defineMechanism } from '../mechanism.ts'
import { hostPort, joinAround, sanitizeLabel } from '../meta-label.ts'
import { refreshed } from '../refresh.ts'
import { childOf, childrenOf, parseXml, textOf, type XmlElement } from '../xml.ts'

const PREFIX = '__meta_ec2_'
const VERSION = '2016-11-15'

const filter = struct('aws.EC2Filter', {
  name: field('name', string, { isAlwaysPrinted: true }),
  values: field('values', list(string), { isAlwaysPrinted: true }),
})

export const ec2SdConfig = struct(
  'aws.plain',
  {
    ...awsFields,
    filters: field('filters', list(filter), { isAlwaysPrinted: true }),
    http: awsClientField,
  },
  {
    typeName: 'aws.EC2SDConfig',
    check: ({ filters }) =>
      filters.some(({ values }) => values.length === 0)
        ? 'EC2 SD configuration filter values cannot be empty'
        : undefined,
  },
)
type Config = Infer<typeof ec2SdConfig>

/** Lists the instances of EC2 in one region. */
export const ec2 = defineMechanism<Config>({
  name: 'ec2',
  start(config, host) {
    const client = host.createClient(config.http)
    const api = new AwsApi('ec2', config, host, client)
    let zones: ReadonlyMap<string, string> | undefined
    return refreshed({
      ...{ name: 'ec2', host, intervalMs: config.refreshInterval },
      close: () => client.close(),
      async refresh(signal) {
        const region = await api.region(signal)
        try {
          zones ??= await findZones(api, signal)
        } catch (err) {
          // Compat: without the right to ask for zones their ids are missing, nothing else.
          host.log.debug('Unable to describe availability zones', { err: (err as Error).message })
        }
        const targets: Record<string, string>[] = []
        for await (const reservation of reservations(api, config, signal)) {
          const owner = textOf(reservation, 'ownerId')
          for (const instance of childrenOf(reservation, 'item', 'instancesSet')) {
            targets.push(...target(instance, { owner, region, zones, port: config.port }))
          }
        }
        return [{ source: region, targets, labels: {} }]
      },
    })
  },
})

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8' }

async function findZones(api: AwsApi, signal: AbortSignal): Promise<Map<string, string>> {
  const body = new URLSearchParams({ Action: 'DescribeAvailabilityZones', Version: VERSION })
  const root = parseXml(await api.call({ headers: FORM, body: body.toString() }, signal))
  const items = childrenOf(root, 'item', 'availabilityZoneInfo')
  return new Map(items.map((zone) => [textOf(zone, 'zoneName'), textOf(zone, 'zoneId')]))
}

async function* reservations(api: AwsApi, { filters }: Config, signal: AbortSignal) {
  let token = ''
  for (let page = 0; page < PAGES_MAX; page++) {
    const body = new URLSearchParams({ Action: 'DescribeInstances', Version: VERSION })
    for (const [i, { name, values }] of filters.entries()) {
      body.set(`Filter.${i + 1}.Name`, name)
      for (const [j, value] of values.entries()) body.set(`Filter.${i + 1}.Value.${j + 1}`, value)
    }
    if (token !== '') body.set('NextToken', token)
    const root = parseXml(await api.call({ headers: FORM, body: body.toString() }, signal))
    yield* childrenOf(root, 'item', 'reservationSet')
    token = textOf(root, 'nextToken')
    if (token === '') return
  }
}

interface Around {
  readonly owner: string
  readonly region: string
  readonly zones: ReadonlyMap<string, string> | undefined
  readonly port: number
}

/** Nothing for an instance without a private or an IPv6 address. */
function target(instance: XmlElement, around: Around): Record<string, string>[] {
  const text = (...path: string[]) => textOf(instance, ...path)
  const privateIp = text('privateIpAddress')
  const zone = text('placement', 'availabilityZone')
  const interfaces = childrenOf(instance, 'item', 'networkInterfaceSet')
  const subnets = [...new Set(interfaces.map((one) => textOf(one, 'subnetId')))].filter(
    (id) => id !== '',
  )
  const ipv6: string[] = []
  const primary: string[] = []
  for (const one of interfaces) {
    for (const address of childrenOf(one, 'item', 'ipv6AddressesSet')) {
      const ip = textOf(address, 'ipv6Address')
      ipv6.push(ip)
      if (textOf(address, 'isPrimaryIpv6') !== 'true') continue
      // Their place is the place of the card they are on.
      const index = Number(textOf(one, 'attachment', 'deviceIndex')) || 0
      while (primary.length < Math.min(index, interfaces.length + 1)) primary.push('')
      primary[index] = ip
    }
  }
  const address = privateIp || ipv6[0]
  if (!address) return []
  const labels: Record<string, string> = {
    __address__: hostPort(address, around.port),
    [`${PREFIX}instance_id`]: text('instanceId'),
    [`${PREFIX}region`]: around.region,
    [`${PREFIX}owner_id`]: around.owner,
    [`${PREFIX}private_ip`]: privateIp,
    [`${PREFIX}private_dns_name`]: text('privateDnsName'),
    [`${PREFIX}platform`]: text('platform'),
    [`${PREFIX}public_ip`]: text('ipAddress'),
    [`${PREFIX}public_dns_name`]: text('dnsName'),
    [`${PREFIX}ami`]: text('imageId'),
    [`${PREFIX}availability_zone`]: zone,
    [`${PREFIX}availability_zone_id`]: around.zones?.get(zone) ?? '',
    [`${PREFIX}instance_state`]: text('instanceState', 'name'),
    [`${PREFIX}instance_type`]: text('instanceType'),
    [`${PREFIX}instance_lifecycle`]: text('instanceLifecycle'),
    [`${PREFIX}architecture`]: text('architecture'),
    [`${PREFIX}vpc_id`]: text('vpcId'),
    [`${PREFIX}primary_subnet_id`]: text('subnetId'),
    [`${PREFIX}default_ipv6_address`]: ipv6[0] ?? '',
    [`${PREFIX}subnet_id`]: joinAround(subnets, ','),
    [`${PREFIX}ipv6_addresses`]: joinAround(ipv6, ','),
    [`${PREFIX}primary_ipv6_addresses`]: joinAround(primary, ','),
  }
  for (const tag of childOf(instance, 'tagSet')?.children ?? []) {
    labels[`${PREFIX}tag_${sanitizeLabel(textOf(tag, 'key'))}`] = textOf(tag, 'value')
  }
  return [labels]
}
