/** Tokens of Microsoft's identity platform for Azure Monitor, as an `azuread` section asks for them. */
import { createHash, createPrivateKey, sign, X509Certificate } from 'node:crypto'
import { askForToken, type TokenDeps } from '@prom/http'

/** An `azuread` section as plain data, secrets included. */
export interface AzurePlan {
  readonly cloud: string
  /** '' is the cloud's own. */
  readonly scope: string
  readonly method: 'managed_identity' | 'workload_identity' | 'oauth' | 'sdk' | 'certificate'
  readonly clientId: string
  readonly clientSecret: string
  readonly tenantId: string
  readonly tokenFilePath: string
  readonly certificatePath: string
  readonly certificateKeyPath: string
  readonly certificatePassword: string
  readonly sendCertificateChain: boolean
}

const CLOUDS: Readonly<Record<string, { readonly login: string; readonly monitor: string }>> = {
  AzurePublic: { login: 'https://login.microsoftonline.com', monitor: 'https://monitor.azure.com' },
  AzureChina: { login: 'https://login.chinacloudapi.cn', monitor: 'https://monitor.azure.cn' },
  AzureGovernment: {
    login: 'https://login.microsoftonline.us',
    monitor: 'https://monitor.azure.us',
  },
}

const DEFAULT = '/.default'
const METADATA_URL = 'http://169.254.169.254/metadata/identity/oauth2/token'
const METADATA_TIMEOUT_MS = 10_000
const LIFETIME_SECONDS = 3600
const ASSERTION_SECONDS = 600
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' }
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

type Ask = (plan: AzurePlan, deps: TokenDeps, signal: AbortSignal) => Promise<Answer>
type Answer = Readonly<Record<string, unknown>>

const METHODS: Readonly<Record<AzurePlan['method'], Ask>> = {
  managed_identity: askMachine,
  workload_identity: askWorkload,
  oauth: (plan, deps, signal) => askLogin(plan, { client_secret: plan.clientSecret }, deps, signal),
  sdk: askEnvironment,
  certificate: askWithCertificate,
}

/** Rejects with an Error. */
export async function askAzureToken(
  plan: AzurePlan,
  deps: TokenDeps,
  signal: AbortSignal,
): Promise<{ token: string; lifetimeMs: number }> {
  const answer = await METHODS[plan.method](plan, deps, signal)
  const token = typeof answer.access_token === 'string' ? answer.access_token : ''
  return { token, lifetimeMs: (Number(answer.expires_in) || LIFETIME_SECONDS) * 1000 }
}

const scopeOf = ({ scope, cloud }: AzurePlan) => scope || `${CLOUDS[cloud]?.monitor}/${DEFAULT}`

/** What the SDK's chain finds: a secret or a workload's token in the environment, else this machine's identity. */
function askEnvironment(plan: AzurePlan, deps: TokenDeps, signal: AbortSignal): Promise<Answer> {
  const { AZURE_CLIENT_SECRET: secret, AZURE_FEDERATED_TOKEN_FILE: file } = deps.env
  if (secret) return askLogin(plan, { client_secret: secret }, deps, signal)
  return file ? askWorkload(plan, deps, signal) : askMachine(plan, deps, signal)
}

async function askWorkload(plan: AzurePlan, deps: TokenDeps, signal: AbortSignal): Promise<Answer> {
  const path = plan.tokenFilePath || deps.env.AZURE_FEDERATED_TOKEN_FILE
  if (!path) throw new Error('no token file specified')
  const assertion = (await deps.files.readText(path, signal)).trim()
  return askLogin(
    plan,
    { client_assertion: assertion, client_assertion_type: ASSERTION },
    deps,
    signal,
  )
}

async function askWithCertificate(
  plan: AzurePlan,
  deps: TokenDeps,
  signal: AbortSignal,
): Promise<Answer> {
  const { certificatePath, certificateKeyPath, certificatePassword, clientId } = plan
  const certificates = pemBlocks(await deps.files.readText(certificatePath, signal))
  const first = certificates[0]
  if (first === undefined) throw new Error(`no certificate found in ${certificatePath}`)
  const pem = await deps.files.readText(certificateKeyPath || certificatePath, signal)
  const key = createPrivateKey({ key: pem, passphrase: certificatePassword })
  const derOf = (text: string) => new X509Certificate(text).raw
  const now = Math.floor(deps.clock.now() / 1000)
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const header = {
    alg: 'RS256',
    typ: 'JWT',
    x5t: createHash('sha1').update(derOf(first)).digest('base64url'),
    ...(plan.sendCertificateChain && {
      x5c: certificates.map((text) => derOf(text).toString('base64')),
    }),
  }
  const jti = createHash('sha256').update(`${clientId} ${deps.clock.now()}`).digest('hex')
  const id = { iss: clientId, sub: clientId, jti }
  const claims = { aud: loginUrl(plan, deps), ...id, nbf: now, exp: now + ASSERTION_SECONDS }
  const text = `${part(header)}.${part(claims)}`
  const assertion = `${text}.${sign('RSA-SHA256', Buffer.from(text), key).toString('base64url')}`
  return askLogin(
    plan,
    { client_assertion: assertion, client_assertion_type: ASSERTION },
    deps,
    signal,
  )
}

const pemBlocks = (text: string) =>
  text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []

function loginUrl({ cloud, tenantId }: AzurePlan, { env }: TokenDeps): string {
  const login = (env.AZURE_AUTHORITY_HOST || CLOUDS[cloud]?.login || '').replace(/\/$/, '')
  const tenant = tenantId || env.AZURE_TENANT_ID || ''
  return `${login}/${encodeURIComponent(tenant)}/oauth2/v2.0/token`
}

function askLogin(
  plan: AzurePlan,
  proof: Readonly<Record<string, string>>,
  deps: TokenDeps,
  signal: AbortSignal,
): Promise<Answer> {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: plan.clientId || deps.env.AZURE_CLIENT_ID || '',
    scope: scopeOf(plan),
    ...proof,
  }).toString()
  const url = loginUrl(plan, deps)
  return askForToken(deps.client, { method: 'POST', url, headers: FORM, body, signal })
}

/** The identity of the service or machine this runs on. */
function askMachine(plan: AzurePlan, deps: TokenDeps, signal: AbortSignal): Promise<Answer> {
  const { IDENTITY_ENDPOINT: endpoint, IDENTITY_HEADER: secret } = deps.env
  const scope = scopeOf(plan)
  const resource = scope.endsWith(DEFAULT) ? scope.slice(0, -DEFAULT.length) : scope
  const isService = endpoint !== undefined && secret !== undefined
  const query = new URLSearchParams({
    'api-version': isService ? '2019-08-01' : '2018-02-01',
    resource,
    ...(plan.clientId && { client_id: plan.clientId }),
  })
  const url = `${isService ? endpoint : METADATA_URL}?${query}`
  const headers: Record<string, string> = isService
    ? { 'X-IDENTITY-HEADER': secret }
    : { Metadata: 'true' }
  const timeoutMs = METADATA_TIMEOUT_MS
  return askForToken(deps.client, { method: 'GET', url, headers, signal, timeoutMs })
}
