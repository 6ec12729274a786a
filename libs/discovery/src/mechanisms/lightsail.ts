import { type Infer, struct } from '@prom/yaml'
import { listAt, textAt, textsAt } from '../answer-fields.ts'
import { PAGES_MAX } from '../ask.ts'
import { AwsApi, awsClientField, awsFields } from '../aws-api.ts'
import { defineMechanism } from '../mechanism.ts'
import { hostPort, joinAround, sanitizeLabel } from '../meta-label.ts'
import { refreshed } from '../refresh.ts'

const PREFIX = '__meta_lightsail_'

export const lightsailSdConfig = struct(
  'aws.plain',
  { ...awsFields, http: awsClientField },
  { typeName: 'aws.LightsailSDConfig' },
)

/** Lists the instances of Lightsail in one region. */
export const lightsail = defineMechanism<Infer<typeof lightsailSdConfig>>({
  name: 'lightsail',
  start(config, host) {
    const client = host.createClient(config.http)
    const api = new AwsApi('lightsail', config, host, client)
    return refreshed({
      ...{ name: 'lightsail', host, intervalMs: config.refreshInterval },
      close: () => client.close(),
      async refresh(signal) {
        const region = await api.region(signal)
        const instances: unknown[] = []
        let pageToken = ''
        for (let page = 0; page < PAGES_MAX; page++) {
          const headers = {
            'Content-Type': 'application/x-amz-json-1.1',
            'X-Amz-Target': 'Lightsail_20161128.GetInstances',
          }
          const body = JSON.stringify(pageToken === '' ? {} : { pageToken })
          const answer: unknown = JSON.parse(await api.call({ headers, body }, signal))
          instances.push(...listAt(answer, 'instances'))
          pageToken = textAt(answer, 'nextPageToken')
          if (pageToken === '') break
        }
        const targets = instances.flatMap((one) => target(one, region, config.port))
        return [{ source: region, targets, labels: {} }]
      },
    })
  },
})

/** Nothing for an instance without a private address. */
function target(instance: unknown, region: string, port: number): Record<string, string>[] {
  const privateIp = textAt(instance, 'privateIpAddress')
  if (privateIp === '') return []
  const tags = listAt(instance, 'tags').map((tag) => [
    `${PREFIX}tag_${sanitizeLabel(textAt(tag, 'key'))}`,
    textAt(tag, 'value'),
  ])
  return [
    {
      __address__: hostPort(privateIp, port),
      [`${PREFIX}availability_zone`]: textAt(instance, 'location', 'availabilityZone'),
      [`${PREFIX}blueprint_id`]: textAt(instance, 'blueprintId'),
      [`${PREFIX}bundle_id`]: textAt(instance, 'bundleId'),
      [`${PREFIX}instance_name`]: textAt(instance, 'name'),
      [`${PREFIX}instance_state`]: textAt(instance, 'state', 'name'),
      [`${PREFIX}instance_support_code`]: textAt(instance, 'supportCode'),
      [`${PREFIX}private_ip`]: privateIp,
      [`${PREFIX}public_ip`]: textAt(instance, 'publicIpAddress'),
      [`${PREFIX}ipv6_addresses`]: joinAround(textsAt(instance, 'ipv6Addresses'), ','),
      [`${PREFIX}region`]: region,
      ...Object.fromEntries(tags),
    },
  ]
}
