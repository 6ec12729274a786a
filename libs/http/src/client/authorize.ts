/** Headers that a client block adds to each request: credentials and `http_headers`, files read afresh. */
import { readFileSync } from 'node:fs'
import type { HttpClientConfig } from '../client-config.ts'

/** Throws an Error in the original's words if a file cannot be read. */
export function configuredHeaders(config: HttpClientConfig): [string, string][] {
  const headers: [string, string][] = []
  for (const [name, { values, secrets, files }] of config.httpHeaders ?? []) {
    for (const value of values) headers.push([name, value])
    for (const value of secrets) headers.push([name, value.reveal()])
    for (const file of files) headers.push([name, readSecret('header', file)])
  }
  return headers
}

/** The `Authorization` header of basic_auth or authorization; undefined without either. */
export function credentialHeader({
  basicAuth,
  authorization,
}: HttpClientConfig): string | undefined {
  if (basicAuth) {
    const user = basicAuth.usernameFile
      ? readSecret('basic auth username', basicAuth.usernameFile)
      : basicAuth.username
    const password = basicAuth.passwordFile
      ? readSecret('basic auth password', basicAuth.passwordFile)
      : basicAuth.password.reveal()
    return basicHeader(user, password)
  }
  if (authorization) {
    const credentials = authorization.credentialsFile
      ? readSecret('authorization credentials', authorization.credentialsFile)
      : authorization.credentials.reveal()
    return credentials === '' ? authorization.type : `${authorization.type} ${credentials}`
  }
  return undefined
}

export function basicHeader(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

/** A secret in a file, without the white space around it. */
export function readSecret(what: string, path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (err) {
    const { code, message } = err as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? `open ${path}: no such file or directory` : message
    throw new Error(`unable to read ${what}: unable to read file ${path}: ${reason}`)
  }
}
