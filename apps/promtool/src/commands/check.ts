/** `promtool check ...`; what each does is loaded when it runs. */
import {
  argument,
  type Command,
  defineCommand,
  flag,
  goDuration,
  listArgument,
  type Parameter,
  switchFlag,
  text,
} from '@prom/flags'
import type { Host } from '@prom/runtime'
import type { Context } from '../context.ts'
import { type FindingFormat, withFormat } from '../findings.ts'
import { existingFile, serverUrl } from '../kinds.ts'

const IGNORE_UNKNOWN =
  'Ensure that those fields are removed before loading them into the Prometheus server as it performs strict checks by default.'

export function checkCommands(host: Host): readonly Command<Context>[] {
  const file = existingFile(host)
  return [
    defineCommand({
      name: 'service-discovery',
      help: 'Perform service discovery for the given job name and report the results, including relabeling.',
      flags: {
        timeoutMs: flag('timeout', goDuration, {
          help: 'The time to wait for discovery results.',
          default: '30s',
        }),
      },
      args: {
        configFile: argument('config-file', file, {
          help: 'The prometheus config file.',
          isRequired: true,
        }),
        job: argument('job', text, {
          help: 'The job to run service discovery for.',
          isRequired: true,
        }),
      },
      run: async (values, context: Context) => {
        const { checkServiceDiscovery } = await import('../check/check-service-discovery.ts')
        return checkServiceDiscovery(values, context)
      },
    }),
    defineCommand({
      name: 'config',
      help: 'Check if the config files are valid or not.',
      flags: {
        isSyntaxOnly: switchFlag('syntax-only', {
          help: 'Only check the config file syntax, ignoring file and content validation referenced in the config',
        }),
        lint: flag('lint', text, {
          help: 'Linting checks to apply to the rules/scrape configs specified in the config. Available options are: all, duplicate-rules, none, too-long-scrape-interval. Use --lint=none to disable linting',
          default: 'duplicate-rules',
        }),
        isLintFatal: switchFlag('lint-fatal', {
          help: 'Make lint errors exit with exit code 3.',
          default: 'false',
        }),
        ignoreUnknownFields: switchFlag('ignore-unknown-fields', {
          help: `Ignore unknown fields in the rule groups read by the config files. This is useful when you want to extend rule files with custom metadata. ${IGNORE_UNKNOWN}`,
          default: 'false',
        }),
        isAgent: switchFlag('agent', { help: 'Check config file for Prometheus in Agent mode.' }),
      },
      args: {
        files: listArgument('config-files', file, {
          help: 'The config files to check.',
          isRequired: true,
        }),
      },
      run: async (values, context: Context) => {
        const { checkConfig } = await import('../check/check-config.ts')
        return withFormat(formatOf(values), context, (inner) =>
          checkConfig({ ...values, lookbackDelta: lookbackOf(values) }, inner),
        )
      },
    }),
    defineCommand({
      name: 'web-config',
      help: 'Check if the web config files are valid or not.',
      args: {
        files: listArgument('web-config-files', file, {
          help: 'The config files to check.',
          isRequired: true,
        }),
      },
      run: async (values, context: Context) => {
        const { checkWebConfigs } = await import('../check/check-web-config.ts')
        return withFormat(formatOf(values), context, (inner) => checkWebConfigs(values, inner))
      },
    }),
    defineCommand({
      name: 'healthy',
      help: 'Check if the Prometheus server is healthy.',
      flags: healthFlags(file),
      run: async (values, context: Context) => {
        const { checkHealth } = await import('../check/check-health.ts')
        return checkHealth({ ...values, path: '/-/healthy' }, context)
      },
    }),
    defineCommand({
      name: 'ready',
      help: 'Check if the Prometheus server is ready.',
      flags: healthFlags(file),
      run: async (values, context: Context) => {
        const { checkHealth } = await import('../check/check-health.ts')
        return checkHealth({ ...values, path: '/-/ready' }, context)
      },
    }),
    defineCommand({
      name: 'rules',
      help: 'Check if the rule files are valid or not.',
      flags: {
        lint: flag('lint', text, {
          help: 'Linting checks to apply. Available options are: all, duplicate-rules, none. Use --lint=none to disable linting',
          default: 'duplicate-rules',
        }),
        isLintFatal: switchFlag('lint-fatal', {
          help: 'Make lint errors exit with exit code 3.',
          default: 'false',
        }),
        ignoreUnknownFields: switchFlag('ignore-unknown-fields', {
          help: `Ignore unknown fields in the rule files. This is useful when you want to extend rule files with custom metadata. ${IGNORE_UNKNOWN}`,
          default: 'false',
        }),
      },
      args: {
        files: listArgument('rule-files', file, {
          help: 'The rule files to check, default is read from standard input.',
        }),
      },
      run: async (values, context: Context) => {
        const { checkRules } = await import('../check/check-rules.ts')
        return withFormat(formatOf(values), context, (inner) => checkRules(values, inner))
      },
    }),
    defineCommand({
      name: 'metrics',
      help: 'Pass Prometheus metrics over stdin to lint them for consistency and correctness.',
      helpLong:
        'examples:\n\n$ cat metrics.prom | promtool check metrics\n\n$ curl -s http://localhost:9090/metrics | promtool check metrics',
      flags: {
        lint: flag('lint', text, {
          help: 'Linting checks to apply for metrics. Available options are: all, none. Use --lint=none to disable metrics linting.',
          default: 'all',
          isHidden: true,
        }),
      },
      run: async (values, context: Context) => {
        const { checkMetrics } = await import('../check/check-metrics.ts')
        const { isExtended } = values as unknown as { readonly isExtended: boolean }
        return withFormat(formatOf(values), context, (inner) =>
          checkMetrics({ lint: values.lint, isExtended }, inner),
        )
      },
    }),
  ]
}

function healthFlags(file: ReturnType<typeof existingFile>) {
  return {
    httpConfigFile: flag('http.config.file', file, {
      help: 'HTTP client configuration file for promtool to connect to Prometheus.',
      placeholder: '<filename>',
    }),
    url: flag('url', serverUrl, {
      help: 'The URL for the Prometheus server.',
      default: 'http://localhost:9090',
    }),
  } satisfies Record<string, Parameter<unknown>>
}

/** A flag of the group, which the types of its commands do not know. */
const lookbackOf = (values: object) =>
  String((values as { readonly lookbackDelta?: unknown }).lookbackDelta)

const formatOf = (values: object) => (values as { readonly format: FindingFormat }).format
