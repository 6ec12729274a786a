import { parseFamilies } from '@prom/exposition'
import type { MetricFamily, MetricPoint } from '@prom/metrics'
import { type CollectorDeps, defineCollector } from './collector.ts'
import { goErrorText } from './errno-text.ts'
import type { Page } from './page.ts'

/** Files come from cron jobs; one without end must not fill the memory. */
const FILE_BYTES_MAX = 256 * 1024 * 1024

export const textfile = defineCollector({
  name: 'textfile',
  isDefault: true,
  flags: [
    {
      name: 'collector.textfile.directory',
      kind: 'strings',
      fallback: '',
      help: 'Directory to read text files with metrics from, supports glob matching. (repeatable)',
    },
  ],
  create: (deps) => {
    const directories = deps.flags.strings('collector.textfile.directory')
    return async (page, signal) => {
      const read = await readDirectories(deps, directories, signal)
      addFamilies(page, read.files)
      const mtimes = page.gauge(
        'node_textfile_mtime_seconds',
        'Unixtime mtime of textfiles successfully read.',
        ['file'],
      )
      for (const { path, mtimeSeconds } of read.files) mtimes.add(mtimeSeconds, path)
      page
        .gauge(
          'node_textfile_scrape_error',
          '1 if there was an error opening or reading a file, 0 otherwise',
        )
        .add(read.hasErrors ? 1 : 0)
    }
  },
})

interface TextFile {
  readonly path: string
  readonly mtimeSeconds: number
  readonly families: readonly MetricFamily[]
}

async function readDirectories(
  { files, log }: CollectorDeps,
  patterns: readonly string[],
  signal: AbortSignal,
) {
  const good: TextFile[] = []
  // Files that say different things about one family: the first one is believed.
  const helps = new Map<string, string>()
  let hasErrors = false
  for (const directory of patterns.flatMap((pattern) => matches(files, pattern))) {
    if (directory === '') continue
    let names: string[] = []
    try {
      names = await files.list(directory)
    } catch (err) {
      hasErrors = true
      log.error('failed to read textfile collector directory', {
        path: directory,
        err: goErrorText(err),
      })
    }
    for (const name of names) {
      if (!name.endsWith('.prom')) continue
      const path = joinPath(directory, name)
      try {
        const file = await readFile(files, path, signal)
        const families = file.families.filter((family) => {
          const known = helps.get(family.name)
          if (family.help === undefined || known === undefined || known === family.help) {
            if (family.help !== undefined) helps.set(family.name, family.help)
            return true
          }
          hasErrors = true
          log.error('inconsistent metric help text', {
            metric: family.name,
            original_help_text: known,
            new_help_text: family.help,
            file: name,
          })
          return false
        })
        good.push({ ...file, families })
      } catch (err) {
        hasErrors = true
        log.error('failed to collect textfile data', { file: name, err: goErrorText(err) })
      }
    }
  }
  return { files: good, hasErrors }
}

function matches(files: CollectorDeps['files'], pattern: string): string[] {
  if (!/[*?[\\]/.test(pattern)) return [pattern]
  try {
    const found = files.glob(pattern)
    return found.length > 0 ? found : [pattern]
  } catch {
    return [pattern]
  }
}

function joinPath(directory: string, name: string): string {
  return `${directory.replace(/\/+$/, '')}/${name}`
}

async function readFile(
  files: CollectorDeps['files'],
  path: string,
  signal: AbortSignal,
): Promise<TextFile> {
  const before = await files.stat(path)
  if (before && before.sizeBytes > FILE_BYTES_MAX) {
    throw new Error(`textfile ${JSON.stringify(path)} is larger than ${FILE_BYTES_MAX} bytes`)
  }
  const bytes = await files.read(path, signal).catch((err: unknown) => {
    throw new Error(
      `failed to open textfile data file ${JSON.stringify(path)}: ${goErrorText(err)}`,
    )
  })
  let families: MetricFamily[]
  try {
    families = parseFamilies(bytes, { nameValidation: 'legacy' })
  } catch (err) {
    throw new Error(
      `failed to parse textfile data from ${JSON.stringify(path)}: ${(err as Error).message}`,
    )
  }
  if (families.some(({ points }) => points.some(({ timeMs }) => timeMs !== undefined))) {
    throw new Error(
      `textfile ${JSON.stringify(path)} contains unsupported client-side timestamps, skipping entire file`,
    )
  }
  const stat = (await files.stat(path)) ?? before
  return { path, mtimeSeconds: Math.floor((stat?.mtimeMs ?? 0) / 1000), families }
}

/** Files that share a family are put together; without a help it says which files it came from. */
function addFamilies(page: Page, files: readonly TextFile[]): void {
  const byName = new Map<string, { families: MetricFamily[]; paths: string[] }>()
  for (const { path, families } of files) {
    for (const family of families) {
      const known = byName.get(family.name) ?? { families: [], paths: [] }
      known.families.push(family)
      known.paths.push(path)
      byName.set(family.name, known)
    }
  }
  for (const [name, { families, paths }] of byName) {
    const help = families.find((family) => family.help !== undefined)?.help
    for (const family of families) {
      const samples = page.family(name, help ?? `Metric read from ${paths.join(', ')}`, family.type)
      const names = labelNames(family)
      for (const point of family.points) samples.addLabelled(withAll(point, names), point.value)
    }
  }
}

/** All label names in the family, sorted; undefined if every sample has the same ones. */
function labelNames({ points }: MetricFamily): readonly string[] | undefined {
  const first = points[0]?.labels ?? []
  const isUniform = points.every(
    ({ labels }) =>
      labels.length === first.length && labels.every((text, i) => i % 2 === 1 || text === first[i]),
  )
  if (isUniform) return undefined
  const names = new Set<string>()
  for (const { labels } of points) {
    for (let i = 0; i < labels.length; i += 2) names.add(labels[i] as string)
  }
  return [...names].sort()
}

function withAll({ labels }: MetricPoint, names: readonly string[] | undefined): readonly string[] {
  if (!names) return labels
  const values = new Map<string, string>()
  for (let i = 0; i < labels.length; i += 2)
    values.set(labels[i] as string, labels[i + 1] as string)
  return names.flatMap((name) => [name, values.get(name) ?? ''])
}
