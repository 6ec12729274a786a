/** amtool, top to bottom: its own configuration, the command line, the command. */
import { type MatcherMode, MatcherParser } from '@prom/alerting'
import { printVersion, readBuildInfo } from '@prom/daemon'
import { readCommandLine } from '@prom/flags'
import {
  createHttpClient,
  type HttpClient,
  type HttpClientConfig,
  httpClientConfig,
} from '@prom/http'
import { createLogger, type Host } from '@prom/runtime'
import { loadYaml, map, string } from '@prom/yaml'
import { ApiClient } from './api-client.ts'
import { CommandError, type Context } from './context.ts'
import { program } from './program.ts'

export async function main(argv: readonly string[], host: Host): Promise<number> {
  try {
    return await run(argv, host)
  } catch (err) {
    // Whatever went wrong on the way to the server or back is the command's failure, not a bug.
    const message = err instanceof Error ? err.message : String(err)
    const end = err instanceof CommandError ? err.end : '\n\n'
    host.stderr.write(`amtool: error: ${message}${end}`)
    return 1
  }
}

async function run(argv: readonly string[], host: Host): Promise<number> {
  const line = readCommandLine(program, argv, {
    stdout: host.stdout,
    stderr: host.stderr,
    version: printVersion('amtool', host.process),
    defaults: readDefaults(host),
  })
  if ('exitCode' in line) return line.exitCode
  const { flags } = line
  const log = createLogger(
    { level: flags.verbose ? 'debug' : 'warn', format: 'logfmt' },
    (text) => host.stderr.write(text),
    host.clock,
  )
  let client: HttpClient | undefined
  const context: Context = {
    host,
    log,
    output: flags.output,
    dateFormat: flags.dateFormat,
    parser: new MatcherParser(matcherMode(flags.features), log),
    isVerbose: flags.verbose,
    api: async () => {
      if (flags.url === undefined) throw new CommandError('--alertmanager.url is required')
      client = openClient(flags.httpConfigFile, host)
      const api = new ApiClient(client, withScheme(flags.url), flags.timeoutMs)
      if (flags.versionCheck) await compareVersions(api, host)
      return api
    },
  }
  try {
    return await line.run(context)
  } finally {
    await client?.close()
  }
}

/** The first configuration file that is there, as values that stand in for defaults. */
function readDefaults({ files, env }: Host): Record<string, string> {
  const paths = [`${env.HOME ?? ''}/.config/amtool/config.yml`, '/etc/amtool/config.yml']
  const path = paths.find((candidate) => files.statSync(candidate))
  if (path === undefined) return {}
  const loaded = loadYaml(files.readTextSync(path), map(string), path)
  if ('errors' in loaded) throw new CommandError(`could not load config file: ${loaded.message}`)
  const values = new Map(loaded.value)
  const legacy = values.get('comment_required')
  if (legacy !== undefined && !values.has('require-comment')) values.set('require-comment', legacy)
  return Object.fromEntries(values)
}

function openClient(file: string | undefined, host: Host): HttpClient {
  let config: HttpClientConfig | undefined
  if (file !== undefined) {
    const directory = file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : '.'
    const loaded = loadYaml(host.files.readTextSync(file), httpClientConfig, file, { directory })
    if ('errors' in loaded) {
      throw new CommandError(`failed to load HTTP config file: ${loaded.message}`)
    }
    config = loaded.value
  }
  return createHttpClient(config, { clock: host.clock, env: host.env })
}

function withScheme(url: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(url) ? url : `http://${url}`
}

async function compareVersions(api: ApiClient, host: Host): Promise<void> {
  const own = readBuildInfo(host.process).version
  let version: string | undefined
  try {
    version = (await api.status()).versionInfo.version
  } catch {
    // What the command itself asks will say why.
    return
  }
  if (version !== undefined && version !== own) {
    host.stderr.write(
      `Warning: amtool version (${own}) and alertmanager version (${version}) are different.\n`,
    )
  }
}

function matcherMode(features: string): MatcherMode {
  const names = features.split(',')
  if (names.includes('classic-mode')) return 'classic'
  return names.includes('utf8-strict-mode') ? 'utf8' : 'fallback'
}
