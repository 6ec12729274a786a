/** Where keys for AWS come from: configuration, environment, shared file, container, instance; then a role. */
import type { Clock, HostFiles } from '@prom/runtime'
import type { HttpClient } from '../contract.ts'
import { type AwsKeys, signAwsRequest } from './sign-request.ts'

const METADATA_URL = 'http://169.254.169.254'
const CONTAINER_URL = 'http://169.254.170.2'
const METADATA_TIMEOUT_MS = 5_000
/** Keys that expire are asked for anew this long before. */
const EXPIRY_MARGIN_MS = 5 * 60_000
const KEPT_MS = 15 * 60_000

export interface AwsIdentity {
  readonly region: string
  readonly accessKey: string
  readonly secretKey: string
  /** Of the shared credentials file; empty: `AWS_PROFILE` or `default`. */
  readonly profile: string
  /** Assumed with those keys. */
  readonly roleArn: string
  readonly externalId?: string
  readonly useFipsStsEndpoint?: boolean
}

export interface AwsDeps {
  readonly clock: Clock
  readonly files: Pick<HostFiles, 'readText' | 'statSync'>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly client: HttpClient
}

interface Found {
  readonly keys: AwsKeys
  /** Milliseconds since 1970; undefined for keys that stay. */
  readonly expiresAtMs?: number
}

/** Keys of one identity, kept until they expire. */
export class AwsCredentials {
  readonly #identity: AwsIdentity
  readonly #deps: AwsDeps
  #known: { readonly found: Found; readonly untilMs: number } | undefined

  constructor(identity: AwsIdentity, deps: AwsDeps) {
    this.#identity = identity
    this.#deps = deps
  }

  /** Rejects with an Error if there are none. */
  async keys(signal: AbortSignal): Promise<AwsKeys> {
    const now = this.#deps.clock.now()
    if (this.#known && now < this.#known.untilMs) return this.#known.found.keys
    const base = await findKeys(this.#identity, this.#deps, signal)
    const found =
      this.#identity.roleArn === ''
        ? base
        : await assumeRole(this.#identity, base.keys, this.#deps, signal)
    const { expiresAtMs } = found
    const untilMs = expiresAtMs === undefined ? now + KEPT_MS : expiresAtMs - EXPIRY_MARGIN_MS
    this.#known = { found, untilMs }
    return found.keys
  }
}

/** The region of the environment, the shared configuration or the instance this runs on; empty if none knows. */
export async function findAwsRegion(
  profile: string,
  deps: AwsDeps,
  signal: AbortSignal,
): Promise<string> {
  const { env } = deps
  const named = env.AWS_REGION || env.AWS_DEFAULT_REGION
  if (named) return named
  const path = env.AWS_CONFIG_FILE || `${env.HOME ?? ''}/.aws/config`
  const own = profile || env.AWS_PROFILE || 'default'
  const section = await readProfile(path, own === 'default' ? own : `profile ${own}`, deps, signal)
  if (section.region) return section.region
  if (env.AWS_EC2_METADATA_DISABLED === 'true') return ''
  try {
    return await askMetadata('/latest/meta-data/placement/region', deps, signal)
  } catch {
    return ''
  }
}

async function findKeys(identity: AwsIdentity, deps: AwsDeps, signal: AbortSignal): Promise<Found> {
  const { accessKey, secretKey, profile } = identity
  const { env } = deps
  if (accessKey !== '' && secretKey !== '') return { keys: { accessKey, secretKey } }
  if (profile === '' && env.AWS_ACCESS_KEY_ID && env.AWS_SECRET_ACCESS_KEY) {
    return {
      keys: {
        accessKey: env.AWS_ACCESS_KEY_ID,
        secretKey: env.AWS_SECRET_ACCESS_KEY,
        ...(env.AWS_SESSION_TOKEN && { sessionToken: env.AWS_SESSION_TOKEN }),
      },
    }
  }
  const path = env.AWS_SHARED_CREDENTIALS_FILE || `${env.HOME ?? ''}/.aws/credentials`
  const section = await readProfile(path, profile || env.AWS_PROFILE || 'default', deps, signal)
  if (section.aws_access_key_id && section.aws_secret_access_key) {
    return {
      keys: {
        accessKey: section.aws_access_key_id,
        secretKey: section.aws_secret_access_key,
        ...(section.aws_session_token && { sessionToken: section.aws_session_token }),
      },
    }
  }
  const container = env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI
  const full = env.AWS_CONTAINER_CREDENTIALS_FULL_URI
  if (container || full) {
    const url = container ? `${CONTAINER_URL}${container}` : (full as string)
    const token = env.AWS_CONTAINER_AUTHORIZATION_TOKEN
    return toFound(await askText(url, deps, signal, token ? { Authorization: token } : {}))
  }
  if (env.AWS_EC2_METADATA_DISABLED !== 'true') {
    try {
      const root = '/latest/meta-data/iam/security-credentials/'
      const role = (await askMetadata(root, deps, signal)).split('\n')[0]
      return toFound(await askMetadata(`${root}${role}`, deps, signal))
    } catch (err) {
      throw new Error(
        `NoCredentialProviders: no valid providers in chain: ${(err as Error).message}`,
      )
    }
  }
  throw new Error('NoCredentialProviders: no valid providers in chain')
}

/** One section of an INI file; empty if file or section is not there. */
async function readProfile(
  path: string,
  section: string,
  { files }: AwsDeps,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  if (!path.startsWith('/') || !files.statSync(path)?.isFile) return {}
  const values: Record<string, string> = {}
  let current = ''
  for (const line of (await files.readText(path, signal)).split('\n')) {
    const header = /^\s*\[\s*(.+?)\s*\]/.exec(line)
    if (header) current = header[1] as string
    const pair = /^\s*([\w-]+)\s*=\s*(.*?)\s*$/.exec(line)
    if (pair && current === section) values[pair[1] as string] = pair[2] as string
  }
  return values
}

async function askMetadata(path: string, deps: AwsDeps, signal: AbortSignal): Promise<string> {
  const base = deps.env.AWS_EC2_METADATA_SERVICE_ENDPOINT?.replace(/\/$/, '') || METADATA_URL
  let token = ''
  try {
    const ttl = { 'X-aws-ec2-metadata-token-ttl-seconds': '21600' }
    token = await askText(`${base}/latest/api/token`, deps, signal, ttl, 'PUT')
  } catch {
    // The first version of the service knows no tokens.
  }
  const headers: Record<string, string> = token === '' ? {} : { 'X-aws-ec2-metadata-token': token }
  return (await askText(`${base}${path}`, deps, signal, headers)).trim()
}

async function askText(
  url: string,
  { client }: AwsDeps,
  signal: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
): Promise<string> {
  const answer = await client.request({
    ...{ method, url, headers, signal, timeoutMs: METADATA_TIMEOUT_MS, bodyLimitBytes: 1 << 20 },
  })
  if (answer.status !== 200) throw new Error(`server returned HTTP status ${answer.status}`)
  return Buffer.from(answer.body).toString('utf8')
}

function toFound(text: string): Found {
  const value = JSON.parse(text) as Record<string, unknown>
  const of = (name: string) => (typeof value[name] === 'string' ? (value[name] as string) : '')
  if (of('AccessKeyId') === '') throw new Error('credentials have no AccessKeyId')
  const expiresAtMs = Date.parse(of('Expiration'))
  return {
    keys: {
      accessKey: of('AccessKeyId'),
      secretKey: of('SecretAccessKey'),
      sessionToken: of('Token'),
    },
    ...(Number.isFinite(expiresAtMs) && { expiresAtMs }),
  }
}

async function assumeRole(
  { region, roleArn, externalId, useFipsStsEndpoint }: AwsIdentity,
  keys: AwsKeys,
  { clock, env, client }: AwsDeps,
  signal: AbortSignal,
): Promise<Found> {
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
  const name = useFipsStsEndpoint ? 'sts-fips' : 'sts'
  const url = env.AWS_ENDPOINT_URL_STS || `https://${name}.${region}.${suffix}/`
  const body = new URLSearchParams({
    Action: 'AssumeRole',
    Version: '2011-06-15',
    RoleArn: roleArn,
    RoleSessionName: String(Math.floor(clock.now() * 1e6)),
    DurationSeconds: '900',
    ...(externalId && { ExternalId: externalId }),
  }).toString()
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8' }
  const signed = signAwsRequest(
    { method: 'POST', url, headers, body, region, service: 'sts', atMs: clock.now() },
    keys,
  )
  const answer = await client.request({ method: 'POST', url, headers: signed, body, signal })
  const text = Buffer.from(answer.body).toString('utf8')
  const of = (tag: string) => new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(text)?.[1] ?? ''
  if (answer.status !== 200) {
    throw new Error(`${of('Code') || `HTTP status ${answer.status}`}: ${of('Message')}`)
  }
  const expiresAtMs = Date.parse(of('Expiration'))
  return {
    keys: {
      accessKey: of('AccessKeyId'),
      secretKey: of('SecretAccessKey'),
      sessionToken: of('SessionToken'),
    },
    ...(Number.isFinite(expiresAtMs) && { expiresAtMs }),
  }
}
