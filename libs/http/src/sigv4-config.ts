/** `sigv4`: how requests to AWS are signed. */
import { bool, field, type Infer, secret, string, struct } from '@prom/yaml'

export const sigv4Config = struct(
  'sigv4.plain',
  {
    region: field('region', string),
    accessKey: field('access_key', string),
    secretKey: field('secret_key', secret),
    profile: field('profile', string),
    roleArn: field('role_arn', string),
    externalId: field('external_id', string),
    useFipsStsEndpoint: field('use_fips_sts_endpoint', bool),
  },
  {
    typeName: 'sigv4.SigV4Config',
    check: ({ accessKey, secretKey }) =>
      (accessKey === '') === (secretKey.value === '')
        ? undefined
        : 'must provide a AWS SigV4 Access key and Secret Key if credentials are specified in the SigV4 config',
  },
)

export type Sigv4Config = Infer<typeof sigv4Config>
