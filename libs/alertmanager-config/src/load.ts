/** Reads a configuration file and everything it names; all of it is right, or nothing is returned. */
import { dirname } from 'node:path'
import {
  type InhibitRule,
  inhibitRule,
  type MatcherParser,
  Route,
  routeSource,
  TimeInterval,
} from '@prom/alerting'
import type { GlobalConfig } from '@prom/receivers'
import type { HostFiles } from '@prom/runtime'
import { encodeYaml, loadYaml } from '@prom/yaml'
import type { ReceiverConfig } from './receiver-schema.ts'
import { type AlertmanagerFile, createFileSchema } from './schema.ts'

export interface AlertmanagerConfig {
  readonly global: GlobalConfig
  readonly route: Route
  readonly inhibitRules: readonly InhibitRule[]
  readonly receivers: readonly ReceiverConfig[]
  /** Glob patterns of template files, relative ones from the file's folder. */
  readonly templates: readonly string[]
  readonly timeIntervals: ReadonlyMap<string, TimeInterval>
  /** Sections that are read and checked, but have no effect yet. */
  readonly withoutEffect: readonly string[]
  /** The file as it was read, defaults filled in, secrets hidden. */
  readonly printed: string
}

export type LoadedConfig = { readonly config: AlertmanagerConfig } | { readonly error: string }

/** `directory` is where relative paths start. */
export function parseAlertmanagerConfig(
  text: string,
  options: {
    readonly file: string
    readonly directory: string
    readonly parser: MatcherParser
  },
): LoadedConfig {
  const schema = createFileSchema(options.parser)
  const loaded = loadYaml(text, schema, options.file, { directory: options.directory })
  if ('errors' in loaded) return { error: loaded.message }
  const file = loaded.value
  if (!file.route) return { error: 'no route provided in config' }
  return {
    config: {
      global: file.global,
      route: new Route(routeSource(file.route)),
      inhibitRules: file.inhibitRules.map(inhibitRule),
      receivers: file.receivers,
      templates: file.templates.map((pattern) => resolvePath(options.directory, pattern)),
      timeIntervals: intervalsOf(file),
      withoutEffect: [
        ...(file.tracing === undefined ? [] : ['tracing']),
        ...(file.eventRecorder === undefined ? [] : ['event_recorder']),
      ],
      printed: encodeYaml(schema.encode(file) ?? null),
    },
  }
}

/** Throws what the file system says when there is no such file. */
export function loadAlertmanagerConfig(
  files: Pick<HostFiles, 'readTextSync'>,
  path: string,
  parser: MatcherParser,
): LoadedConfig & { readonly text: string } {
  const text = files.readTextSync(path)
  return {
    text,
    ...parseAlertmanagerConfig(text, { file: path, directory: dirname(path), parser }),
  }
}

/** The template files of a configuration, in the order of their patterns. */
export function readTemplates(
  files: Pick<HostFiles, 'glob' | 'readTextSync'>,
  patterns: readonly string[],
): { readonly name: string; readonly text: string }[] {
  return patterns.flatMap((pattern) =>
    files.glob(pattern).map((path) => ({
      name: path.slice(path.lastIndexOf('/') + 1),
      text: files.readTextSync(path),
    })),
  )
}

function intervalsOf(file: AlertmanagerFile): ReadonlyMap<string, TimeInterval> {
  const all = [...file.muteTimeIntervals, ...file.timeIntervals]
  return new Map(
    all.map(({ name, timeIntervals }) => [name, new TimeInterval(name, timeIntervals)]),
  )
}

function resolvePath(directory: string, path: string): string {
  return path === '' || path.startsWith('/') ? path : `${directory}/${path}`.replace(/^\.\//, '')
}
