/** `promtool tsdb create-blocks-from ...`. */
import {
  argument,
  type Command,
  defineCommand,
  flag,
  goDuration,
  type Kind,
  listArgument,
  listFlag,
  text,
  word,
} from '@prom/flags'
import type { Context } from '../context.ts'
import { header, serverUrl } from '../kinds.ts'

/** Flags of the group. */
interface ImportGroupValues {
  readonly isHumanReadable: boolean
  readonly isQuiet: boolean
}

export function importCommands(file: Kind<string>): readonly Command<Context>[] {
  return [
    defineCommand({
      name: 'openmetrics',
      help: 'Import samples from OpenMetrics input and produce TSDB blocks. Please refer to the storage docs for more details.',
      flags: {
        maxBlockMs: flag('max-block-duration', goDuration, {
          help: 'The maximum duration of a block.',
          default: '2h',
          isHidden: true,
        }),
        labels: listFlag('label', header, {
          help: 'Label to attach to metrics. Can be specified multiple times. Example --label=label_name=label_value',
        }),
      },
      args: {
        input: argument('input file', word, {
          help: 'OpenMetrics file to read samples from.',
          isRequired: true,
        }),
        output: argument('output directory', word, {
          help: 'Output directory for generated blocks.',
          default: 'data/',
        }),
      },
      run: async (values, context: Context) => {
        const { importOpenMetrics } = await import('../tsdb/import-openmetrics.ts')
        return importOpenMetrics({ ...groupValues(values), ...values }, context)
      },
    }),
    defineCommand({
      name: 'rules',
      help: 'Create blocks of data for new recording rules.',
      flags: {
        httpConfigFile: flag('http.config.file', file, {
          help: 'HTTP client configuration file for promtool to connect to Prometheus.',
          placeholder: '<filename>',
        }),
        url: flag('url', serverUrl, {
          help: 'The URL for the Prometheus API with the data where the rule will be backfilled from.',
          default: 'http://localhost:9090',
        }),
        start: flag('start', word, {
          help: 'The time to start backfilling the new rule from. Must be a RFC3339 formatted date or Unix timestamp. Required.',
          isRequired: true,
        }),
        end: flag('end', word, {
          help: 'If an end time is provided, all recording rules in the rule files provided will be backfilled to the end time. Default will backfill up to 3 hours ago. Must be a RFC3339 formatted date or Unix timestamp.',
        }),
        outputDir: flag('output-dir', text, {
          help: 'Output directory for generated blocks.',
          default: 'data/',
        }),
        evalIntervalMs: flag('eval-interval', goDuration, {
          help: 'How frequently to evaluate rules when backfilling if a value is not set in the recording rule files.',
          default: '60s',
        }),
      },
      args: {
        files: listArgument('rule-files', file, {
          help: 'A list of one or more files containing recording rules to be backfilled. All recording rules listed in the files will be backfilled. Alerting rules are not evaluated.',
          isRequired: true,
        }),
      },
      run: async (values, context: Context) => {
        const { importRules } = await import('../tsdb/import-rules.ts')
        return importRules(values, context)
      },
    }),
  ]
}

const groupValues = (values: object) => values as unknown as ImportGroupValues
