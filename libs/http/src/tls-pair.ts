/** A file with both sides of mutual TLS, as `--cluster.tls-config` names it. Its certificates are read anew each time. */
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { ConnectionOptions, TlsOptions } from 'node:tls'
import { field, loadYaml, struct } from '@prom/yaml'
import { readTlsOptions } from './client/tls-options.ts'
import { tlsConfig } from './client-tls-config.ts'
import { readTls } from './web-config.ts'
import { tlsServerConfig } from './web-config-schema.ts'

const tlsPairConfig = struct('cluster.TLSTransportConfig', {
  server: field('tls_server_config', tlsServerConfig, { default: tlsServerConfig.create }),
  client: field('tls_client_config', tlsConfig, { default: tlsConfig.create }),
})

export interface TlsPair {
  server(): TlsOptions
  client(): ConnectionOptions
}

/** Throws an Error that says what is wrong with the file or with one that it names. */
export function openTlsPair(path: string): TlsPair {
  const directory = dirname(path)
  const loaded = loadYaml(readFileSync(path, 'utf8'), tlsPairConfig, path, { directory })
  if ('errors' in loaded) throw new Error(loaded.message)
  const { server, client } = loaded.value
  const pair: TlsPair = {
    server: () => readTls(server, directory),
    client: () => readTlsOptions(client),
  }
  // What cannot work is found out at the start.
  try {
    pair.server()
  } catch (err) {
    throw new Error(`invalid TLS server config: ${(err as Error).message}`)
  }
  try {
    pair.client()
  } catch (err) {
    throw new Error(`invalid TLS client config: ${(err as Error).message}`)
  }
  return pair
}
