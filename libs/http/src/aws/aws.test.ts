import { Secret } from '@prom/yaml'
import type { HttpAnswer, HttpRequest } from '../contract.ts'
import { sigv4Config } from '../sigv4-config.ts'
import { AwsCredentials, findAwsRegion } from './aws-credentials.ts'
import { signAwsRequest } from './sign-request.ts'
import { createSignedClient } from './signed-client.ts'

const never = new AbortController().signal
let now = Date.parse('2015-08-30T12:36:00Z')
let asked: HttpRequest[] = []
let answers: Record<string, string> = {}

function deps(env: Record<string, string>, files: Record<string, string> = {}) {
  const answer = async (request: HttpRequest): Promise<HttpAnswer> => {
    asked.push(request)
    const text = answers[`${request.method} ${request.url}`]
    return { status: text === undefined ? 404 : 200, headers: {}, body: Buffer.from(text ?? '') }
  }
  const stat = { isFile: true, isDirectory: false, isSymbolicLink: false }
  return {
    clock: {
      now: () => now,
      monotonic: () => 0,
      sleep: async () => {},
      sleepUntil: async () => {},
    },
    files: {
      readText: async (path: string) => files[path] as string,
      statSync: (path: string) =>
        path in files ? { ...stat, sizeBytes: 1, mtimeMs: 0, mode: 0 } : undefined,
    },
    client: { request: answer, close: async () => {} },
    env,
  }
}
const identity = { region: 'us-east-1', accessKey: '', secretKey: '', profile: '', roleArn: '' }

beforeEach(() => {
  asked = []
  answers = {}
  now = Date.parse('2015-08-30T12:36:00Z')
})

// The vector of AWS's own documentation of the algorithm.
test('a request is signed as AWS documents it', () => {
  const headers = signAwsRequest(
    {
      method: 'GET',
      url: 'https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body: '',
      ...{ region: 'us-east-1', service: 'iam', atMs: now },
    },
    { accessKey: 'AKIDEXAMPLE', secretKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
  )
  expect(headers.authorization).toBe(
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
  )
})

test('keys come from configuration, then the environment, then the shared file', async () => {
  const env = { AWS_ACCESS_KEY_ID: 'E', AWS_SECRET_ACCESS_KEY: 'e', HOME: '/h' }
  const file =
    '[default]\naws_access_key_id = D\naws_secret_access_key=d\n[p]\naws_access_key_id=P\naws_secret_access_key=p\n'
  const files = { '/h/.aws/credentials': file }
  const key = async (own: object, vars: Record<string, string>) =>
    (await new AwsCredentials({ ...identity, ...own }, deps(vars, files)).keys(never)).accessKey
  expect(await key({ accessKey: 'C', secretKey: 'c' }, env)).toBe('C')
  expect(await key({}, env)).toBe('E')
  expect(await key({}, { HOME: '/h' })).toBe('D')
  expect(await key({ profile: 'p' }, env)).toBe('P')
})

test('an instance has keys and a region of its own, asked for with a token', async () => {
  const at = 'http://169.254.169.254'
  const role = `${at}/latest/meta-data/iam/security-credentials/`
  answers = {
    [`PUT ${at}/latest/api/token`]: 'TOKEN',
    [`GET ${role}`]: 'web\n',
    [`GET ${role}web`]:
      '{"AccessKeyId":"I","SecretAccessKey":"i","Token":"t","Expiration":"2015-08-30T18:00:00Z"}',
    [`GET ${at}/latest/meta-data/placement/region`]: 'eu-west-1\n',
  }
  const keys = await new AwsCredentials(identity, deps({})).keys(never)
  expect(keys).toEqual({ accessKey: 'I', secretKey: 'i', sessionToken: 't' })
  expect(await findAwsRegion('', deps({}), never)).toBe('eu-west-1')
  expect(asked.at(-1)?.headers?.['X-aws-ec2-metadata-token']).toBe('TOKEN')
})

test('a role is assumed with signed keys, and again before it expires', async () => {
  const sts = 'https://sts.us-east-1.amazonaws.com/'
  answers = {
    [`POST ${sts}`]:
      '<R><Credentials><AccessKeyId>R</AccessKeyId><SecretAccessKey>r</SecretAccessKey><SessionToken>s</SessionToken><Expiration>2015-08-30T12:51:00Z</Expiration></Credentials></R>',
  }
  const own = { accessKey: 'C', secretKey: 'c', roleArn: 'arn:aws:iam::1:role/x', externalId: 'e' }
  const credentials = new AwsCredentials({ ...identity, ...own }, deps({}))
  expect((await credentials.keys(never)).sessionToken).toBe('s')
  await credentials.keys(never)
  expect(asked.length).toBe(1)
  expect(String(asked[0]?.body)).toContain('RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fx')
  expect(asked[0]?.headers?.authorization).toContain('Credential=C/20150830/us-east-1/sts/')
  now += 11 * 60_000
  await credentials.keys(never)
  expect(asked.length).toBe(2)
})

test('without any keys the error says so', async () => {
  const env = { AWS_EC2_METADATA_DISABLED: 'true' }
  await expect(new AwsCredentials(identity, deps(env)).keys(never)).rejects.toThrow(
    'NoCredentialProviders',
  )
})

test('a signed client finds its region once and signs what it passes on', async () => {
  const { client, ...rest } = deps({ AWS_REGION: 'eu-west-3' })
  const config = { ...sigv4Config.create(), accessKey: 'C', secretKey: new Secret('c') }
  const signed = createSignedClient(client, config, 'aps', rest)
  await signed.request({ method: 'POST', url: 'http://am.test/api/v2/alerts', body: '[]' })
  expect(asked[0]?.body).toBe('[]')
  expect(asked[0]?.headers?.authorization).toContain('Credential=C/20150830/eu-west-3/aps/')
  const nowhere = createSignedClient(client, config, 'aps', {
    ...rest,
    env: { AWS_EC2_METADATA_DISABLED: 'true' },
  })
  await expect(nowhere.request({ method: 'GET', url: 'http://am.test/' })).rejects.toThrow(
    'region not configured in sigv4 or in default credentials chain',
  )
})
