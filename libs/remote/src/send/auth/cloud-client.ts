import { askGoogleToken, createSignedClient, type HttpClient, type Sigv4Config } from '@prom/http'
import type { Clock, HostFiles } from '@prom/runtime'
import { Secret } from '@prom/yaml'
import { type AzurePlan, askAzureToken } from './azure-token.ts'
import { createBearerClient } from './bearer-client.ts'

/** How requests are allowed at a cloud: at most one of these, as plain data, secrets included. */
export interface CloudPlan {
  readonly sigv4?: Omit<Sigv4Config, 'secretKey'> & { readonly secretKey: string }
  readonly azure?: AzurePlan
  readonly google?: { readonly credentialsFile: string }
}

const GOOGLE_SCOPE = 'https://www.googleapis.com/auth/monitoring.write'
/** Amazon's managed Prometheus. */
const AWS_SERVICE = 'aps'

/** `client` with what `plan` adds to its requests. */
export function createCloudClient(
  client: HttpClient,
  { sigv4, azure, google }: CloudPlan,
  host: {
    readonly clock: Clock
    readonly files: Pick<HostFiles, 'readText' | 'statSync'>
    readonly env: Readonly<Record<string, string | undefined>>
  },
): HttpClient {
  const deps = { ...host, client }
  if (sigv4) {
    const config = { ...sigv4, secretKey: new Secret(sigv4.secretKey) }
    return createSignedClient(client, config, AWS_SERVICE, host)
  }
  if (azure) {
    return createBearerClient(client, host.clock, (signal) => askAzureToken(azure, deps, signal))
  }
  if (google) {
    const options = { scope: GOOGLE_SCOPE, ...google }
    return createBearerClient(client, host.clock, (signal) => askGoogleToken(deps, options, signal))
  }
  return client
}
