import { quoteGo } from '@prom/model'
import { duration, field, type Infer, list, pathLike, struct } from '@prom/yaml'

/** A `*` may stand in the last part of the path only. */
const pattern = /^[^*]*(\*[^/]*)?\.(json|yml|yaml|JSON|YML|YAML)$/

export const fileSdConfig = struct(
  'file.plain',
  {
    files: field(
      'files',
      list(
        pathLike((text) =>
          pattern.test(text)
            ? undefined
            : `path name ${quoteGo(text)} is not valid for file discovery`,
        ),
      ),
      { isAlwaysPrinted: true },
    ),
    refreshInterval: field('refresh_interval', duration, { default: 300_000 }),
  },
  {
    typeName: 'file.SDConfig',
    check: (config) =>
      config.files.length === 0
        ? 'file service discovery config must contain at least one path name'
        : undefined,
    removed: { names: 'files' },
  },
)

export type FileSdConfig = Infer<typeof fileSdConfig>
