/** OpenStack: a token of Keystone and the addresses of the services it names. */
import type { HttpClient } from '@prom/http'
import { at, listAt, textAt } from './answer-fields.ts'
import { askJson, PAGES_MAX } from './ask.ts'

export interface OpenstackIdentity {
  readonly identityEndpoint: string
  readonly username: string
  readonly userId: string
  readonly password: string
  readonly projectName: string
  readonly projectId: string
  readonly domainName: string
  readonly domainId: string
  readonly applicationCredentialName: string
  readonly applicationCredentialId: string
  readonly applicationCredentialSecret: string
}

/** One session: good for one refresh. */
export interface OpenstackSession {
  /** All items of a list of a service (`compute`, `network`, `load-balancer`), over its pages. */
  list(service: string, path: string, key: string): Promise<unknown[]>
}

export async function openOpenstack(
  identity: OpenstackIdentity,
  where: { readonly region: string; readonly availability: string },
  client: HttpClient,
  signal: AbortSignal,
): Promise<OpenstackSession> {
  const base = `${identity.identityEndpoint.replace(/\/(v\d+(\.\d+)?\/?)?$/, '')}/v3`
  const answer = await client.request({
    method: 'POST',
    url: `${base}/auth/tokens`,
    headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
    body: JSON.stringify({ auth: authOf(identity) }),
    signal,
  })
  const token = answer.headers['x-subject-token']
  if (answer.status !== 201 || !token) {
    throw new Error(`could not create OpenStack session: HTTP status ${answer.status}`)
  }
  const catalog = listAt(JSON.parse(Buffer.from(answer.body).toString('utf8')), 'token', 'catalog')
  const addressOf = (service: string) => {
    const known = catalog.filter((one) => textAt(one, 'type') === service)
    const endpoint = known
      .flatMap((one) => listAt(one, 'endpoints'))
      .find(
        (one) =>
          textAt(one, 'interface') === where.availability &&
          (where.region === '' ||
            textAt(one, 'region_id') === where.region ||
            textAt(one, 'region') === where.region),
      )
    if (!endpoint) throw new Error(`could not create OpenStack ${service} session: no endpoint`)
    return textAt(endpoint, 'url').replace(/\/$/, '')
  }
  return {
    async list(service, path, key) {
      const items: unknown[] = []
      let url = addressOf(service) + path
      const { origin } = new URL(url)
      for (let page = 0; page < PAGES_MAX && url !== ''; page++) {
        const headers = { 'X-Auth-Token': token }
        const part = await askJson({ client, url, headers, signal })
        items.push(...listAt(part, key))
        const next = listAt(part, `${key}_links`).find((link) => at(link, 'rel') === 'next')
        url = textAt(next, 'href')
        if (url !== '' && new URL(url).origin !== origin) {
          throw new Error(`the next page is at another host: ${new URL(url).host}`)
        }
      }
      return items
    },
  }
}

function authOf(identity: OpenstackIdentity): object {
  const { domainId, domainName } = identity
  const domain = domainId !== '' ? { id: domainId } : domainName !== '' ? { name: domainName } : {}
  const user =
    identity.userId !== ''
      ? { id: identity.userId }
      : { name: identity.username, ...(Object.keys(domain).length > 0 && { domain }) }
  if (identity.applicationCredentialSecret !== '') {
    const secret = identity.applicationCredentialSecret
    const credential =
      identity.applicationCredentialId !== ''
        ? { id: identity.applicationCredentialId, secret }
        : { name: identity.applicationCredentialName, secret, user }
    return { identity: { methods: ['application_credential'], application_credential: credential } }
  }
  const { projectId, projectName } = identity
  const project =
    projectId !== ''
      ? { id: projectId }
      : projectName !== ''
        ? { name: projectName, domain }
        : undefined
  const scope = project ? { project } : Object.keys(domain).length > 0 ? { domain } : undefined
  return {
    identity: {
      methods: ['password'],
      password: { user: { ...user, password: identity.password } },
    },
    ...(scope && { scope }),
  }
}
