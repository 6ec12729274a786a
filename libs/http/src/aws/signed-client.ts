/** An HTTP client whose requests are signed for a service of AWS, as a `sigv4` section says. */
import type { Clock, HostFiles } from '@prom/runtime'
import type { HttpClient } from '../contract.ts'
import type { Sigv4Config } from '../sigv4-config.ts'
import { AwsCredentials, findAwsRegion } from './aws-credentials.ts'
import { signAwsRequest } from './sign-request.ts'

export interface SignedClientDeps {
  readonly clock: Clock
  readonly files: Pick<HostFiles, 'readText' | 'statSync'>
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Requests through `client`; keys and region are found at the first request, keys again when they expire. */
export function createSignedClient(
  client: HttpClient,
  config: Sigv4Config,
  service: string,
  { clock, files, env }: SignedClientDeps,
): HttpClient {
  const deps = { clock, files, env, client }
  let region = config.region
  let credentials: AwsCredentials | undefined
  return {
    request: async (request) => {
      const signal = request.signal ?? new AbortController().signal
      if (region === '') region = await findAwsRegion(config.profile, deps, signal)
      if (region === '')
        throw new Error('region not configured in sigv4 or in default credentials chain')
      credentials ??= new AwsCredentials(
        { ...config, region, secretKey: config.secretKey.reveal() },
        deps,
      )
      const keys = await credentials.keys(signal)
      const { method, url, headers = {}, body = '' } = request
      const atMs = clock.now()
      const signed = signAwsRequest({ method, url, headers, body, region, service, atMs }, keys)
      return client.request({ ...request, headers: signed })
    },
    close: () => client.close(),
  }
}
