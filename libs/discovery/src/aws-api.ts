/** AWS, as the mechanisms for its services ask it. */
import {
  AwsCredentials,
  findAwsRegion,
  type HttpClient,
  httpClientConfig,
  signAwsRequest,
} from '@prom/http'
import { duration, field, inline, int, secret, string } from '@prom/yaml'
import { ask } from './ask.ts'
import type { DiscoveryHost } from './mechanism.ts'

/** Keys of all AWS mechanisms, in the original's order. */
export const awsFields = {
  endpoint: field('endpoint', string, { isAlwaysPrinted: true }),
  region: field('region', string, { isAlwaysPrinted: true }),
  accessKey: field('access_key', string),
  secretKey: field('secret_key', secret),
  profile: field('profile', string),
  roleArn: field('role_arn', string),
  externalId: field('external_id', string),
  refreshInterval: field('refresh_interval', duration, { default: 60_000 }),
  port: field('port', int, { default: 80, isAlwaysPrinted: true }),
}
export const awsClientField = inline(httpClientConfig)

export interface AwsConfig {
  readonly endpoint: string
  readonly region: string
  readonly accessKey: string
  readonly secretKey: { readonly value: string }
  readonly profile: string
  readonly roleArn: string
  readonly externalId: string
}

export interface AwsCall {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Signed questions to one service; the region is found out when the configuration names none. */
export class AwsApi {
  readonly #service: string
  readonly #config: AwsConfig
  readonly #host: DiscoveryHost
  readonly #client: HttpClient
  #opened: { readonly region: string; readonly credentials: AwsCredentials } | undefined

  constructor(service: string, config: AwsConfig, host: DiscoveryHost, client: HttpClient) {
    this.#service = service
    this.#config = config
    this.#host = host
    this.#client = client
  }

  async region(signal: AbortSignal): Promise<string> {
    return (await this.#open(signal)).region
  }

  /** The answer's text. */
  async call({ headers, body }: AwsCall, signal: AbortSignal): Promise<string> {
    const { region, credentials } = await this.#open(signal)
    const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
    const { endpoint } = this.#config
    const at = endpoint === '' ? `${this.#service}.${region}.${suffix}` : endpoint
    const url = new URL(/^[a-z]+:\/\//i.test(at) ? at : `https://${at}`).href
    const keys = await credentials.keys(signal)
    const signed = signAwsRequest(
      {
        ...{ method: 'POST', url, headers, body, region },
        service: this.#service,
        atMs: this.#host.clock.now(),
      },
      keys,
    )
    const client = this.#client
    const answer = await ask({ client, url, signal, method: 'POST', headers: signed, body })
    return Buffer.from(answer.body).toString('utf8')
  }

  async #open(signal: AbortSignal) {
    if (this.#opened) return this.#opened
    const { accessKey, secretKey, profile, roleArn, externalId } = this.#config
    const { clock, files, env } = this.#host
    const deps = { clock, files, env, client: this.#client }
    const region = this.#config.region || (await findAwsRegion(profile, deps, signal))
    if (region === '') throw new Error('no region is configured and none could be found')
    const identity = { region, accessKey, secretKey: secretKey.value, profile, roleArn, externalId }
    this.#opened = { region, credentials: new AwsCredentials(identity, deps) }
    return this.#opened
  }
}
