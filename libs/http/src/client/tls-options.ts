/** TLS of a client block; files are re-read when they change. */
import { readFileSync, statSync } from 'node:fs'
import type { AgentOptions } from 'node:https'
import { rootCertificates } from 'node:tls'
import type { TlsClientConfig } from '../client-config.ts'
import { TLS_VERSIONS } from '../tls-names.ts'
import { readSecret } from './authorize.ts'

const ORDER = ['TLS10', 'TLS11', 'TLS12', 'TLS13']

/** Throws an Error if the versions contradict or a file cannot be read. */
export function readTlsOptions(tls: TlsClientConfig): AgentOptions {
  const { minVersion, maxVersion } = tls
  if (minVersion && maxVersion && ORDER.indexOf(minVersion) > ORDER.indexOf(maxVersion)) {
    throw new Error(
      'tls_config.max_version must be greater than or equal to tls_config.min_version if both are specified',
    )
  }
  const pem = (what: string, inline: string, file: string) =>
    inline !== '' ? inline : file !== '' ? readSecret(what, file) : undefined
  const ca = pem('CA cert', tls.ca, tls.caFile)
  const cert = pem('client cert', tls.cert, tls.certFile)
  const key = pem('client key', tls.key.reveal(), tls.keyFile)
  return {
    rejectUnauthorized: !tls.insecureSkipVerify,
    minVersion: TLS_VERSIONS[minVersion || 'TLS12'],
    ...(maxVersion && { maxVersion: TLS_VERSIONS[maxVersion] }),
    ...(tls.serverName !== '' && { servername: tls.serverName }),
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  }
}

/**
 * What is trusted where no CA is configured, if the launcher of a tool has taken over the file that Node would read at
 * its start (NODE_EXTRA_CA_CERTS). As there, a file that cannot be read adds nothing.
 */
export function readExtraCas(
  env: Readonly<Record<string, string | undefined>>,
): Pick<AgentOptions, 'ca'> {
  const path = env.PROMETHEUS_EXTRA_CA_CERTS
  if (path === undefined || path === '') return {}
  try {
    return { ca: [...rootCertificates, readFileSync(path, 'utf8')] }
  } catch {
    return {}
  }
}

/** Changes whenever one of the files does. */
export function stampTlsFiles({ caFile, certFile, keyFile }: TlsClientConfig): string {
  return [caFile, certFile, keyFile]
    .filter((path) => path !== '')
    .map((path) => {
      const stat = statSync(path, { throwIfNoEntry: false })
      return `${stat?.mtimeMs} ${stat?.size} ${stat?.ino}`
    })
    .join()
}
