/** Publishes the group to an Amazon SNS topic, phone number or endpoint. */
import { createSignedClient, type HttpClient, sigv4Config } from '@prom/http'
import { bool, field, type Infer, map, string, struct } from '@prom/yaml'
import { commonFields, httpOf, template, withHttp } from '../common-fields.ts'
import { NotifyError } from '../errors.ts'
import { hashKey } from '../post-json.ts'
import { defineReceiver } from '../receiver.ts'
import { checkStatus, send } from '../status.ts'
import { httpUrl } from '../urls.ts'

const MESSAGE_BYTES_MAX = 256 * 1024
const PHONE_BYTES_MAX = 1600
const REGIONS_MAX = 32

const snsConfig = struct(
  'config.plain',
  {
    ...commonFields(true),
    apiUrl: field('api_url', httpUrl),
    sigv4: field('sigv4', sigv4Config, { default: sigv4Config.create, isAlwaysPrinted: true }),
    topicArn: field('topic_arn', string),
    phoneNumber: field('phone_number', string),
    targetArn: field('target_arn', string),
    subject: field('subject', string, template('sns.default.subject')),
    message: field('message', string, template('sns.default.message')),
    attributes: field('attributes', map(string)),
    useAwsHttpClient: field('use_aws_http_client', bool),
  },
  {
    typeName: 'config.SNSConfig',
    check: ({ topicArn, phoneNumber, targetArn }) => {
      // Compat: an XOR of all three, which three of them pass too.
      const count = [topicArn, phoneNumber, targetArn].filter((text) => text !== '').length
      return count % 2 === 0
        ? 'must provide either a Target ARN, Topic ARN, or Phone Number for SNS config'
        : undefined
    },
  },
)

type SnsConfig = Infer<typeof snsConfig>

export const sns = defineReceiver<SnsConfig>({
  name: 'sns',
  schema: snsConfig,
  complete: withHttp,
  sendResolved: ({ sendResolved }) => sendResolved,
  create: (config, deps) => {
    const plain = deps.createClient(httpOf(config))
    // By region: that of a topic may depend on its template.
    const clients = new Map<string, HttpClient>()
    return async (notification, signal) => {
      const data = deps.templates.data(notification)
      const expand = (text: string) => deps.templates.text(text, data)
      const region = config.sigv4.region || regionOf(expand(config.topicArn || config.targetArn))
      const client =
        clients.get(region) ?? createSignedClient(plain, { ...config.sigv4, region }, 'sns', deps)
      if (clients.size < REGIONS_MAX) clients.set(region, client)
      const url = new URL(expand(config.apiUrl) || `https://sns.${region}.amazonaws.com/`)
      const answer = await send(client, {
        method: 'POST',
        url: url.href,
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'user-agent': deps.userAgent,
        },
        body: formOf(config, expand, notification.groupKey),
        signal,
      })
      checkStatus(answer, {})
    }
  },
})

function formOf(config: SnsConfig, expand: (text: string) => string, groupKey: string): string {
  const form = new URLSearchParams({ Action: 'Publish', Version: '2010-03-31' })
  const topic = expand(config.topicArn)
  const phone = expand(config.phoneNumber)
  const target = expand(config.targetArn)
  if (topic !== '') form.set('TopicArn', topic)
  if (phone !== '') form.set('PhoneNumber', phone)
  if (target !== '') form.set('TargetArn', target)
  if (topic.endsWith('.fifo')) {
    form.set('MessageDeduplicationId', hashKey(groupKey))
    form.set('MessageGroupId', hashKey(groupKey))
  }
  const attributes = [...config.attributes].map(([name, text]) => [expand(name), expand(text)])
  const bytes = Buffer.from(expand(config.message))
  const max = phone === '' ? MESSAGE_BYTES_MAX : PHONE_BYTES_MAX
  if (bytes.length > max) attributes.push(['truncated', 'true'])
  form.set('Message', bytes.subarray(0, max).toString('utf8'))
  const subject = expand(config.subject)
  if (subject !== '') form.set('Subject', subject)
  attributes.forEach(([name, value], i) => {
    const prefix = `MessageAttributes.entry.${i + 1}`
    form.set(`${prefix}.Name`, name as string)
    form.set(`${prefix}.Value.DataType`, 'String')
    form.set(`${prefix}.Value.StringValue`, value as string)
  })
  return form.toString()
}

function regionOf(arn: string): string {
  const region = arn.split(':')[3] ?? ''
  if (region === '') {
    throw new NotifyError('region not configured in sigv4 or in default credentials chain', {
      canRetry: false,
    })
  }
  return region
}
