/** Azure's resource manager: tokens of all kinds and paged lists. */
import type { HttpClient } from '@prom/http'
import { KeptToken } from '@prom/http'
import { listAt, numberAt, textAt } from './answer-fields.ts'
import { askJson, PAGES_MAX } from './ask.ts'
import type { DiscoveryHost } from './mechanism.ts'
import { readSecretFile } from './secret-file.ts'

export interface AzureCloud {
  readonly login: string
  readonly manager: string
}

/** By the name of the environment, in upper case. */
export const AZURE_CLOUDS: Readonly<Record<string, AzureCloud>> = {
  AZURECLOUD: cloud('login.microsoftonline.com', 'management.azure.com'),
  AZUREPUBLICCLOUD: cloud('login.microsoftonline.com', 'management.azure.com'),
  AZURECHINACLOUD: cloud('login.chinacloudapi.cn', 'management.chinacloudapi.cn'),
  AZUREUSGOVERNMENT: cloud('login.microsoftonline.us', 'management.usgovcloudapi.net'),
  AZUREGOVERNMENT: cloud('login.microsoftonline.us', 'management.usgovcloudapi.net'),
  AZUREUSGOVERNMENTCLOUD: cloud('login.microsoftonline.us', 'management.usgovcloudapi.net'),
}

function cloud(login: string, manager: string): AzureCloud {
  return { login: `https://${login}`, manager: `https://${manager}` }
}

export interface AzureIdentity {
  readonly method: string
  readonly tenantId: string
  readonly clientId: string
  readonly clientSecret: string
}

const METADATA_URL = 'http://169.254.169.254/metadata/identity/oauth2/token'
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' }
const LIFETIME_SECONDS = 3600

export class AzureApi {
  readonly #cloud: AzureCloud
  readonly #identity: AzureIdentity
  readonly #host: DiscoveryHost
  readonly #client: HttpClient
  readonly #token: KeptToken

  constructor(at: AzureCloud, identity: AzureIdentity, host: DiscoveryHost, client: HttpClient) {
    this.#cloud = at
    this.#identity = identity
    this.#host = host
    this.#client = client
    this.#token = new KeptToken(
      () => host.clock.now(),
      (signal) => this.#askToken(signal),
    )
  }

  /** One resource by its path, which starts with a slash. */
  async get(path: string, apiVersion: string, signal: AbortSignal): Promise<unknown> {
    const url = `${this.#cloud.manager}${path}?api-version=${apiVersion}`
    return await this.#ask(url, signal)
  }

  /** All items of a list, over its pages. */
  async list(path: string, apiVersion: string, signal: AbortSignal): Promise<unknown[]> {
    const items: unknown[] = []
    let url = `${this.#cloud.manager}${path}?api-version=${apiVersion}`
    for (let page = 0; page < PAGES_MAX && url !== ''; page++) {
      // A next page elsewhere would be handed our token.
      if (new URL(url).origin !== new URL(this.#cloud.manager).origin) {
        throw new Error(`the next page is at another host: ${new URL(url).host}`)
      }
      const answer = await this.#ask(url, signal)
      items.push(...listAt(answer, 'value'))
      url = textAt(answer, 'nextLink')
    }
    return items
  }

  async #ask(url: string, signal: AbortSignal): Promise<unknown> {
    const headers = { Authorization: `Bearer ${await this.#token.get(signal)}` }
    return await askJson({ client: this.#client, url, headers, signal })
  }

  async #askToken(signal: AbortSignal) {
    const { method, clientId, clientSecret } = this.#identity
    let answer: unknown
    if (method === 'ManagedIdentity') answer = await this.#askMetadata(clientId, signal)
    else if (method === 'OAuth')
      answer = await this.#askLogin({ client_secret: clientSecret }, signal)
    else answer = await this.#askEnvironment(method, signal)
    return {
      token: textAt(answer, 'access_token'),
      lifetimeMs: (Number(textAt(answer, 'expires_in')) || LIFETIME_SECONDS) * 1000,
    }
  }

  /** What the SDK's chain finds: a secret or a workload's token in the environment, else this machine's identity. */
  async #askEnvironment(method: string, signal: AbortSignal): Promise<unknown> {
    const { env, files } = this.#host
    const secret = env.AZURE_CLIENT_SECRET
    if (method === 'SDK' && secret) return await this.#askLogin({ client_secret: secret }, signal)
    const file = env.AZURE_FEDERATED_TOKEN_FILE
    if (file) {
      const assertion = await readSecretFile(files, file, signal)
      const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
      return await this.#askLogin(
        { client_assertion: assertion, client_assertion_type: type },
        signal,
      )
    }
    if (method === 'WorkloadIdentity') throw new Error('AZURE_FEDERATED_TOKEN_FILE is not set')
    return await this.#askMetadata(env.AZURE_CLIENT_ID ?? '', signal)
  }

  async #askLogin(proof: Readonly<Record<string, string>>, signal: AbortSignal): Promise<unknown> {
    const { env } = this.#host
    const { tenantId, clientId } = this.#identity
    const tenant = tenantId || env.AZURE_TENANT_ID || ''
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId || env.AZURE_CLIENT_ID || '',
      scope: `${this.#cloud.manager}/.default`,
      ...proof,
    }).toString()
    const url = `${this.#cloud.login}/${encodeURIComponent(tenant)}/oauth2/v2.0/token`
    const client = this.#client
    return await askJson({ client, url, method: 'POST', headers: FORM, body, signal })
  }

  async #askMetadata(clientId: string, signal: AbortSignal): Promise<unknown> {
    const query = new URLSearchParams({
      'api-version': '2018-02-01',
      resource: `${this.#cloud.manager}/`,
      ...(clientId && { client_id: clientId }),
    })
    const url = `${METADATA_URL}?${query}`
    const headers = { Metadata: 'true' }
    const answer = await askJson({ client: this.#client, url, headers, signal, timeoutMs: 10_000 })
    return {
      ...(answer as object),
      expires_in: numberAt(answer, 'expires_in') || textAt(answer, 'expires_in'),
    }
  }
}
