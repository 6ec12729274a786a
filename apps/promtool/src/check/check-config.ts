/** `promtool check config`. */
import { posix } from 'node:path'
import { parseDuration, printDuration, quoteGo } from '@prom/model'
import {
  ConfigLoadError,
  loadPrometheusConfig,
  type PrometheusConfig,
} from '@prom/prometheus-config'
import type { ScrapeConfig } from '@prom/scrape'
import { lineOf } from '@prom/yaml'
import { type Context, EXIT_FAILURE, EXIT_LINT, EXIT_OK } from '../context.ts'
import { decodeText, describeReadError, TextError } from '../read-error.ts'
import { checkRuleFiles } from './check-rules.ts'
import { checkTargets } from './check-targets.ts'
import { readLint } from './lint-options.ts'

export interface CheckConfigValues {
  readonly files: readonly string[]
  readonly isSyntaxOnly: boolean
  readonly lint: string
  readonly isLintFatal: boolean
  readonly ignoreUnknownFields: boolean
  readonly isAgent: boolean
  /** As typed: `5m`. */
  readonly lookbackDelta: string
}

/** Something a check found; the text of the original. */
export class CheckError extends Error {}

export async function checkConfig(values: CheckConfigValues, context: Context): Promise<number> {
  const { stdout, stderr } = context.host
  const { options, warnings } = readLint(values.lint)
  for (const warning of warnings) stdout.write(warning)
  let isFailed = false
  let hasErrors = false
  for (const path of values.files) {
    let found: Found = { ruleFiles: [], jobs: [] }
    stdout.write(`Checking ${path}\n`)
    try {
      found = await checkOne(path, values, context)
      const count = found.ruleFiles.length
      if (count > 0) stdout.write(`  SUCCESS: ${count} rule files found\n`)
      stdout.write(` SUCCESS: ${path} is valid prometheus config file syntax\n`)
    } catch (err) {
      if (!(err instanceof CheckError)) throw err
      stderr.write(`  FAILED: ${err.message}\n`)
      context.report?.(path, err.message)
      isFailed = hasErrors = true
    }
    stdout.write('\n')
    if (values.isSyntaxOnly) continue
    if (options.has('too-long-scrape-interval')) {
      isFailed = reportLongIntervals(path, found.jobs, values.lookbackDelta, context) || isFailed
    }
    const check = {
      findsDuplicates: options.has('duplicate-rules'),
      ignoreUnknownFields: values.ignoreUnknownFields,
    }
    const verdict = checkRuleFiles(found.ruleFiles, check, context)
    isFailed ||= verdict.isFailed
    hasErrors ||= verdict.hasErrors
  }
  if (hasErrors) return EXIT_FAILURE
  return isFailed && values.isLintFatal ? EXIT_LINT : EXIT_OK
}

interface Found {
  readonly ruleFiles: readonly string[]
  readonly jobs: readonly ScrapeConfig[]
}

async function checkOne(
  path: string,
  { isSyntaxOnly, isAgent }: CheckConfigValues,
  context: Context,
): Promise<Found> {
  const { files, cwd, env } = context.host
  const reader = {
    readText: async (name: string) => {
      try {
        return decodeText(files.readSync(posix.resolve(cwd, name)))
      } catch (err) {
        if (!(err instanceof TextError)) throw err
        throw new Error(`parsing YAML file ${name}: ${err.message}`)
      }
    },
    glob: (pattern: string) => (isSyntaxOnly ? [] : globHere(pattern, context)),
  }
  let loaded: Awaited<ReturnType<typeof loadPrometheusConfig>>
  try {
    loaded = await loadPrometheusConfig(reader, path, { env, agentMode: isAgent, cwd })
  } catch (err) {
    if (!(err instanceof ConfigLoadError)) throw err
    throw new CheckError(
      err.isInJobFile ? `error loading scrape configs: ${err.message}` : err.message,
    )
  }
  const ruleFiles = isSyntaxOnly ? [] : findRuleFiles(loaded.config, context)
  for (const job of loaded.jobs) checkJobFiles(job, isSyntaxOnly, context)
  await checkTargets(loaded.jobs, loaded.config.alerting.alertmanagers, isSyntaxOnly, context)
  return { ruleFiles, jobs: loaded.jobs }
}

/** Glob as the process stands: matches of a relative pattern are relative. */
export function globHere(pattern: string, context: Context): string[] {
  try {
    return matches(pattern, context)
  } catch (err) {
    throw new CheckError((err as Error).message)
  }
}

function matches(pattern: string, { host }: Context): string[] {
  if (pattern.startsWith('/')) return host.files.glob(pattern)
  const root = host.cwd.endsWith('/') ? host.cwd : `${host.cwd}/`
  return host.files
    .glob(posix.join(root, pattern))
    .map((match) => (match.startsWith(root) ? match.slice(root.length) : match))
}

function findRuleFiles(config: PrometheusConfig, context: Context): readonly string[] {
  return config.ruleFiles.flatMap((pattern) => {
    const matches = globHere(pattern, context)
    if (!pattern.includes('*') && matches.length === 0) {
      const line = lineOf(config, 'rule_files')
      throw new CheckError(`${quoteGo(pattern)} does not point to an existing file (line ${line})`)
    }
    return matches
  })
}

function checkJobFiles(job: ScrapeConfig, isSyntaxOnly: boolean, context: Context): void {
  const { authorization, tls } = job.http
  const credentials = authorization?.credentialsFile ?? ''
  if (!isSyntaxOnly) {
    requireFile(credentials, 'authorization credentials or bearer token', context)
  }
  if (tls.certFile !== '' && tls.keyFile === '' && tls.key.value === '') {
    throw new CheckError(
      `client cert file ${quoteGo(tls.certFile)} specified without client key file`,
    )
  }
  if (tls.keyFile !== '' && tls.certFile === '' && tls.cert === '') {
    throw new CheckError(
      `client key file ${quoteGo(tls.keyFile)} specified without client cert file`,
    )
  }
  if (isSyntaxOnly) return
  requireFile(tls.certFile, 'client cert', context)
  requireFile(tls.keyFile, 'client key', context)
}

function requireFile(path: string, what: string, { host }: Context): void {
  if (path === '' || host.files.statSync(posix.resolve(host.cwd, path)) !== undefined) return
  const reason = describeReadError({ code: 'ENOENT' }, path, 'stat')
  throw new CheckError(`error checking ${what} file ${quoteGo(path)}: ${reason}`)
}

function reportLongIntervals(
  path: string,
  jobs: readonly ScrapeConfig[],
  lookbackDelta: string,
  { host, report }: Context,
): boolean {
  const lookback = parseDuration(lookbackDelta)
  const limit = 'ms' in lookback ? lookback.ms : 300_000
  const long = jobs.filter((job) => job.scrapeInterval >= limit)
  for (const { jobName, scrapeInterval } of long) {
    const text = `too long scrape interval found, data point will be marked as stale - job: ${jobName}, interval: ${printDuration(scrapeInterval)}`
    host.stderr.write(`  FAILED: ${text}\n`)
    report?.(path, text, { severity: 'warning' })
  }
  return long.length > 0
}
