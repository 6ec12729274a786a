import { posix } from 'node:path'
import { createHttpClient, type HttpClient, httpClientConfig } from '@prom/http'
import { loadYaml } from '@prom/yaml'
import type { Context } from './context.ts'

/** The client `--http.config.file` describes, or a plain one. Throws an Error that says what is wrong with it. */
export async function openClient(
  configFile: string | undefined,
  { host }: Context,
): Promise<HttpClient> {
  const deps = { clock: host.clock, env: host.env }
  if (configFile === undefined || configFile === '') return createHttpClient(undefined, deps)
  const text = await host.files.readText(posix.resolve(host.cwd, configFile))
  const loaded = loadYaml(text, httpClientConfig, configFile, {
    directory: posix.dirname(configFile),
    empty: httpClientConfig.create,
  })
  if ('errors' in loaded) {
    throw new Error(`failed to load HTTP config file: ${configFile}: ${loaded.message}`)
  }
  return createHttpClient(loaded.value, deps)
}
