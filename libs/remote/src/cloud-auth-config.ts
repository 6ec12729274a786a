/** `azuread` and `google_iam` of remote_write. */
import { bool, field, type Infer, optional, path, secret, string, struct } from '@prom/yaml'

const CLOUDS = new Set(['AzurePublic', 'AzureChina', 'AzureGovernment'])

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const isUuid = (text: string) => uuidPattern.test(text)

const managedIdentity = struct('azuread.ManagedIdentityConfig', {
  clientId: field('client_id', string),
})

const workloadIdentity = struct('azuread.WorkloadIdentityConfig', {
  clientId: field('client_id', string),
  tenantId: field('tenant_id', string),
  tokenFilePath: field('token_file_path', string),
})

const oauth = struct('azuread.OAuthConfig', {
  clientId: field('client_id', string),
  clientSecret: field('client_secret', secret),
  tenantId: field('tenant_id', string),
})

const sdk = struct('azuread.SDKConfig', { tenantId: field('tenant_id', string) })

const certificate = struct('azuread.CertificateConfig', {
  clientId: field('client_id', string),
  tenantId: field('tenant_id', string),
  certificatePath: field('certificate_path', path),
  certificateKeyPath: field('certificate_key_path', path),
  certificatePassword: field('certificate_password', secret),
  sendCertificateChain: field('send_certificate_chain', bool),
})

export const azureAdConfig = struct(
  'azuread.plain',
  {
    managedIdentity: field('managed_identity', optional(managedIdentity)),
    workloadIdentity: field('workload_identity', optional(workloadIdentity)),
    oauth: field('oauth', optional(oauth)),
    sdk: field('sdk', optional(sdk)),
    certificate: field('certificate', optional(certificate)),
    cloud: field('cloud', string, { default: 'AzurePublic' }),
    scope: field('scope', string),
  },
  {
    typeName: 'azuread.AzureADConfig',
    check(config) {
      if (!CLOUDS.has(config.cloud)) {
        return 'must provide a cloud in the Azure AD config'
      }
      const { managedIdentity, oauth, sdk, workloadIdentity, certificate } = config
      const methods = [managedIdentity, oauth, sdk, workloadIdentity, certificate]
      const count = methods.filter((method) => method !== undefined).length
      if (count === 0) {
        return 'must provide an Azure Managed Identity, Azure Workload Identity, Azure OAuth or Azure SDK in the Azure AD config'
      }
      if (count > 1) {
        return 'cannot provide multiple authentication methods in the Azure AD config'
      }
      if (managedIdentity && managedIdentity.clientId !== '' && !isUuid(managedIdentity.clientId)) {
        return 'the provided Azure Managed Identity client_id is invalid'
      }
      if (oauth) return oauthProblem(oauth)
      return undefined
    },
  },
)

export const googleIamConfig = struct('googleiam.plain', {
  credentialsFile: field('credentials_file', path),
})

export type AzureAdConfig = Infer<typeof azureAdConfig>

function oauthProblem(config: Infer<typeof oauth>): string | undefined {
  if (config.clientId === '') return 'must provide an Azure OAuth client_id in the Azure AD config'
  if (config.clientSecret.value === '') {
    return 'must provide an Azure OAuth client_secret in the Azure AD config'
  }
  if (config.tenantId === '') return 'must provide an Azure OAuth tenant_id in the Azure AD config'
  if (!isUuid(config.clientId)) return 'the provided Azure OAuth client_id is invalid'
  return isUuid(config.tenantId) ? undefined : 'the provided Azure OAuth tenant_id is invalid'
}
