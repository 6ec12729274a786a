import { generateKeyPairSync } from 'node:crypto'
import type { HttpClient, HttpRequest } from '@prom/http'
import { FakeClock, MemoryFiles } from '@prom/testkit'
import type { AzurePlan } from './azure-token.ts'
import { type CloudPlan, createCloudClient } from './cloud-client.ts'

/** A client that hands out tokens and takes writes; what it was asked is kept. */
class FakeCloud implements HttpClient {
  readonly asked: HttpRequest[] = []
  status = 204
  #tokens = 0

  async request(request: HttpRequest) {
    this.asked.push(request)
    const isWrite = request.url === 'http://write/'
    const token = { access_token: `t${++this.#tokens}`, expires_in: 3600 }
    if (isWrite) this.#tokens--
    const body = Buffer.from(isWrite ? '' : JSON.stringify(token))
    return { status: isWrite ? this.status : 200, headers: {}, body }
  }

  async close() {}
}

const clock = new FakeClock()
const WRITE = { method: 'POST', url: 'http://write/', body: new Uint8Array() }

function open(plan: CloudPlan, env = {}, content: Record<string, string> = {}) {
  const cloud = new FakeCloud()
  const files = new MemoryFiles()
  for (const [path, text] of Object.entries(content)) files.replaceSync(path, text)
  return { cloud, client: createCloudClient(cloud, plan, { clock, files, env }) }
}

const AZURE: AzurePlan = {
  ...{ cloud: 'AzurePublic', scope: '', method: 'oauth', clientId: 'c', clientSecret: 's' },
  ...{ tenantId: 't', tokenFilePath: '', certificatePath: '', certificateKeyPath: '' },
  ...{ certificatePassword: '', sendCertificateChain: false },
}

test('a token is asked for once, kept, and asked for anew when it was refused', async () => {
  const { cloud, client } = open({ azure: AZURE })
  for (let i = 0; i < 2; i++) await client.request(WRITE)
  expect(cloud.asked.map(({ url }) => url)).toEqual([
    'https://login.microsoftonline.com/t/oauth2/v2.0/token',
    ...['http://write/', 'http://write/'],
  ])
  expect(String(cloud.asked[0]?.body)).toBe(
    'grant_type=client_credentials&client_id=c&scope=https%3A%2F%2Fmonitor.azure.com%2F%2F.default&client_secret=s',
  )
  expect(cloud.asked[2]?.headers?.Authorization).toBe('Bearer t1')
  cloud.status = 401
  await client.request(WRITE)
  await client.request(WRITE)
  expect(cloud.asked.at(-1)?.headers?.Authorization).toBe('Bearer t2')
})

test('each way to say who one is at Azure asks where it should', async () => {
  const f = async (plan: Partial<AzurePlan>, env: Record<string, string>, expected: RegExp) => {
    const { cloud, client } = open({ azure: { ...AZURE, ...plan } }, env, { '/token': 'abc\n' })
    await client.request(WRITE)
    const { url, headers, body = '' } = cloud.asked[0] as HttpRequest
    expect(`${url} ${JSON.stringify(headers)} ${body}`).toMatch(expected)
  }
  const machine = { method: 'managed_identity', clientId: 'id' } as const
  await f(
    machine,
    {},
    /^http:\/\/169.254.169.254\/metadata\/identity\/oauth2\/token\?api-version=2018-02-01&resource=https%3A%2F%2Fmonitor.azure.com%2F&client_id=id \{"Metadata":"true"\}/,
  )
  const service = { IDENTITY_ENDPOINT: 'http://service/', IDENTITY_HEADER: 'h' }
  await f(machine, service, /^http:\/\/service\/\?api-version=2019-08-01.*"X-IDENTITY-HEADER":"h"/)
  await f({ method: 'workload_identity', tokenFilePath: '/token' }, {}, /client_assertion=abc&/)
  await f({ method: 'sdk' }, { AZURE_CLIENT_SECRET: 'x', AZURE_TENANT_ID: 'y' }, /client_secret=x/)
  await f({ method: 'sdk', clientId: '' }, {}, /^http:\/\/169/)
  await f({ cloud: 'AzureChina' }, {}, /^https:\/\/login.chinacloudapi.cn.*monitor.azure.cn/)
  await f({ scope: 'api:x/.default' }, {}, /scope=api%3Ax%2F.default/)
  await f({}, { AZURE_AUTHORITY_HOST: 'http://login/' }, /^http:\/\/login\/t\/oauth2/)
})

test('a Google account signs for its token, a user refreshes it, and an instance is asked', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const account = { client_email: 'a@b', private_key: key, token_uri: 'http://token/' }
  const user = { type: 'authorized_user', client_id: 'c', client_secret: 's', refresh_token: 'r' }
  const content = { '/account': JSON.stringify(account), '/user': JSON.stringify(user) }
  const f = async (credentialsFile: string, env: Record<string, string>) => {
    const { cloud, client } = open({ google: { credentialsFile } }, env, content)
    await client.request(WRITE)
    expect(cloud.asked[1]?.headers?.Authorization).toBe('Bearer t1')
    return cloud.asked[0] as HttpRequest
  }
  const signed = await f('/account', {})
  expect(signed.url).toBe('http://token/')
  const assertion = new URLSearchParams(String(signed.body)).get('assertion') ?? ''
  const claims = JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString())
  expect(claims).toMatchObject({
    ...{ iss: 'a@b', aud: 'http://token/' },
    scope: 'https://www.googleapis.com/auth/monitoring.write',
  })
  expect(String((await f('', { GOOGLE_APPLICATION_CREDENTIALS: '/user' })).body)).toBe(
    'grant_type=refresh_token&client_id=c&client_secret=s&refresh_token=r',
  )
  expect((await f('', { GCE_METADATA_HOST: 'meta' })).url).toMatch(
    /^http:\/\/meta\/computeMetadata/,
  )
})

test('sigv4 signs with the keys of a profile', async () => {
  const credentials = '[p]\naws_access_key_id = AK\naws_secret_access_key = SK\n'
  const sigv4 = {
    ...{ region: 'eu-west-1', accessKey: '', secretKey: '', profile: 'p' },
    ...{ roleArn: '', externalId: '', useFipsStsEndpoint: false },
  }
  const env = { AWS_SHARED_CREDENTIALS_FILE: '/aws' }
  const { cloud, client } = open({ sigv4 }, env, { '/aws': credentials })
  await client.request(WRITE)
  expect(cloud.asked[0]?.headers?.authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AK\/\d{8}\/eu-west-1\/aps\/aws4_request, SignedHeaders=/,
  )
})
