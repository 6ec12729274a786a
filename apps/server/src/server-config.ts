/** Everything a load of the configuration reads: the file, the job files, the rule files. */
import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { quoteGo } from '@prom/model'
import {
  describeReadError,
  type LoadedConfig,
  loadPrometheusConfig,
  type PrometheusConfig,
  printPrometheusConfig,
  ruleFilePaths,
  type ScrapeFlags,
} from '@prom/prometheus-config'
import type { ParseOptions } from '@prom/promql-syntax'
import { parseRuleFile, type RuleGroupConfig } from '@prom/rules'
import type { HostFiles } from '@prom/runtime'
import { lineOf } from '@prom/yaml'

export interface ServerConfig extends LoadedConfig {
  readonly ruleFiles: readonly {
    readonly file: string
    readonly groups: readonly RuleGroupConfig[]
  }[]
  /** As `status/config` shows it. */
  readonly yaml: string
  /** Changes whenever one of the files does. */
  readonly checksum: string
  /** Files that this configuration would be read from now. */
  paths(): string[]
}

/** The rule files of a configuration that is right otherwise. */
export class RuleFilesError extends Error {}

type Files = Pick<HostFiles, 'readText' | 'glob'>

/** Throws ConfigLoadError or RuleFilesError; then nothing of it is used. */
export async function loadServerConfig(
  files: Files,
  path: string,
  options: {
    readonly agentMode: boolean
    readonly env: Readonly<Record<string, string | undefined>>
    /** What rules may use. */
    readonly promql: ParseOptions
    /** What feature flags make the default of jobs. */
    readonly scrape: ScrapeFlags
  },
): Promise<ServerConfig> {
  const loaded = await loadPrometheusConfig(files, path, options)
  const ruleFiles = []
  const errors: string[] = []
  for (const file of ruleFilePaths(files, loaded.config)) {
    const text = await readRuleFile(files, file)
    const parsed = parseRuleFile(text, file, { promql: options.promql })
    if ('file' in parsed) ruleFiles.push({ file, groups: parsed.file.groups })
    else errors.push(...parsed.errors.map(({ text }) => `${file}: ${text}`))
  }
  if (errors.length > 0) throw new RuleFilesError(errors.join('\n'))
  const paths = () => [...loaded.files, ...ruleFilePaths(files, loaded.config)]
  const checksum = await checksumFiles(files, paths())
  const warnings = [...loaded.warnings, ...missingRuleFiles(files, loaded.config, path)]
  const yaml = printPrometheusConfig(loaded.config)
  return { ...loaded, warnings, ruleFiles, yaml, checksum, paths }
}

/** Compat: the original starts without them and says nothing; we say which. */
function missingRuleFiles(
  files: Pick<HostFiles, 'glob'>,
  config: PrometheusConfig,
  path: string,
): string[] {
  const line = lineOf(config, 'rule_files')
  return config.ruleFiles
    .filter((pattern) => !/[*?[]/.test(pattern) && files.glob(pattern).length === 0)
    .map((pattern) => `Rule file ${quoteGo(pattern)} does not exist (${path}: line ${line})`)
}

/** Of the files' contents; a file that cannot be read counts as empty. */
export async function checksumFiles(files: Files, paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const path of paths) {
    hash.update(`${path}\0`)
    hash.update(await files.readText(path).catch(() => ''))
  }
  return hash.digest('hex')
}

async function readRuleFile(files: Files, path: string): Promise<string> {
  try {
    return await files.readText(path)
  } catch (err) {
    throw new RuleFilesError(describeReadError(err, path))
  }
}

/** `/etc/x.yml` for `x.yml` in `/etc`. */
export function absolutePath(cwd: string, path: string): string {
  return path.startsWith('/') ? path : posix.join(cwd, path)
}

/** How the start reports it: `Error loading config (--config.file=x)`. */
export function startMessage(err: unknown, path: string): string {
  return err instanceof RuleFilesError
    ? `Error loading rule file patterns from config (--config.file=${quoteGo(path)})`
    : `Error loading config (--config.file=${path})`
}
