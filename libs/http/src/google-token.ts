/** Access tokens for Google's services, of whatever account this runs as. */
import type { Clock, HostFiles } from '@prom/runtime'
import type { HttpClient, HttpRequest } from './contract.ts'
import { signToken } from './json-web-token.ts'

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' }
const LIFETIME_MS = 3_600_000
const METADATA_TIMEOUT_MS = 5_000
const ANSWER_BYTES = 1 << 20

export interface TokenDeps {
  readonly clock: Pick<Clock, 'now'>
  readonly files: Pick<HostFiles, 'readText' | 'statSync'>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly client: HttpClient
}

type Account = Readonly<Record<string, unknown>>

/**
 * A token for `scope`, of the account in `credentialsFile`, else of `GOOGLE_APPLICATION_CREDENTIALS`, of the user's
 * gcloud, or of this instance. Rejects with an Error.
 */
export async function askGoogleToken(
  { clock, files, env, client }: TokenDeps,
  { scope, credentialsFile = '' }: { readonly scope: string; readonly credentialsFile?: string },
  signal: AbortSignal,
): Promise<{ token: string; lifetimeMs: number }> {
  const own = `${env.HOME ?? ''}/.config/gcloud/application_default_credentials.json`
  const named = credentialsFile || env.GOOGLE_APPLICATION_CREDENTIALS
  let answer: Account
  if (named || files.statSync(own)?.isFile) {
    const account = JSON.parse(await files.readText(named || own, signal)) as Account
    const url = textOf(account, 'token_uri') || 'https://oauth2.googleapis.com/token'
    const isUser = textOf(account, 'type') === 'authorized_user'
    const grant = isUser ? userGrant(account) : accountGrant(account, url, scope, clock.now())
    const body = grant.toString()
    answer = await askForToken(client, { url, signal, method: 'POST', headers: FORM, body })
  } else {
    const at = env.GCE_METADATA_HOST || '169.254.169.254'
    const url = `http://${at}/computeMetadata/v1/instance/service-accounts/default/token`
    const headers = { 'Metadata-Flavor': 'Google' }
    const timeoutMs = METADATA_TIMEOUT_MS
    answer = await askForToken(client, { url, method: 'GET', headers, signal, timeoutMs })
  }
  const lifetimeMs = Number(answer.expires_in) * 1000 || LIFETIME_MS
  return { token: textOf(answer, 'access_token'), lifetimeMs }
}

/** The JSON object a token server answers with. Rejects with an Error that says what it said. */
export async function askForToken(client: HttpClient, request: HttpRequest): Promise<Account> {
  const answer = await client.request({ ...request, bodyLimitBytes: ANSWER_BYTES })
  const text = Buffer.from(answer.body).toString('utf8')
  if (answer.status !== 200) {
    throw new Error(`token server answered ${answer.status}: ${text.slice(0, 200)}`)
  }
  const parsed: unknown = JSON.parse(text)
  return typeof parsed === 'object' && parsed !== null ? (parsed as Account) : {}
}

function textOf(object: Account, name: string): string {
  const value = object[name]
  return typeof value === 'string' ? value : ''
}

function userGrant(account: Account): URLSearchParams {
  return new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: textOf(account, 'client_id'),
    client_secret: textOf(account, 'client_secret'),
    refresh_token: textOf(account, 'refresh_token'),
  })
}

function accountGrant(account: Account, url: string, scope: string, nowMs: number) {
  const iat = Math.floor(nowMs / 1000)
  const iss = textOf(account, 'client_email')
  const claims = { iss, scope, aud: url, iat, exp: iat + LIFETIME_MS / 1000 }
  const keyId = textOf(account, 'private_key_id')
  const assertion = signToken(claims, textOf(account, 'private_key'), { ...(keyId && { keyId }) })
  const type = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
  return new URLSearchParams({ grant_type: type, assertion })
}
