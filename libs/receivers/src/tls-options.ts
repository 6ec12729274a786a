/** A `tls_config` section as options for node's TLS, its files read now. */
import type { ConnectionOptions, SecureVersion } from 'node:tls'
import type { TlsClientConfig } from '@prom/http'
import type { HostFiles } from '@prom/runtime'

const VERSIONS: Readonly<Record<string, SecureVersion>> = {
  TLS10: 'TLSv1',
  TLS11: 'TLSv1.1',
  TLS12: 'TLSv1.2',
  TLS13: 'TLSv1.3',
}

export async function tlsOptionsOf(
  config: TlsClientConfig,
  files: Pick<HostFiles, 'readText'>,
): Promise<ConnectionOptions> {
  const pick = async (text: string, file: string) => {
    if (file !== '') return files.readText(file)
    return text === '' ? undefined : text
  }
  const ca = await pick(config.ca, config.caFile)
  const cert = await pick(config.cert, config.certFile)
  const key = await pick(config.key.reveal(), config.keyFile)
  const minVersion = VERSIONS[config.minVersion]
  const maxVersion = VERSIONS[config.maxVersion]
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(config.serverName === '' ? {} : { servername: config.serverName }),
    ...(minVersion ? { minVersion } : {}),
    ...(maxVersion ? { maxVersion } : {}),
    rejectUnauthorized: !config.insecureSkipVerify,
  }
}
