import { type CollectorDeps, defineCollector } from '../collector.ts'
import { errorCode, splitLines } from '../kernel-files.ts'

const LABELS =
  'build_id id id_like image_id image_version name pretty_name variant variant_id version version_codename version_id'.split(
    ' ',
  )
const FILES = ['/etc/os-release', '/usr/lib/os-release']

export const os = defineCollector({
  name: 'os',
  isDefault: true,
  create: (deps) => (page) => {
    const release = readRelease(deps)
    const field = (name: string) => release.get(name.toUpperCase()) ?? ''
    page
      .gauge(
        'node_os_info',
        `A metric with a constant '1' value labeled by ${LABELS.join(', ')}.`,
        LABELS,
      )
      .add(1, ...LABELS.map(field))
    const version = Number(/^\d+(?:\.\d+)?/.exec(field('version_id'))?.[0] ?? 0)
    if (version > 0) {
      page
        .gauge('node_os_version', 'Metric containing the major.minor part of the OS version.', [
          'id',
          'id_like',
          'name',
        ])
        .add(version, field('id'), field('id_like'), field('name'))
    }
    const end = /^(\d{4})-(\d{2})-(\d{2})$/.exec(field('support_end'))
    if (end) {
      page
        .gauge(
          'node_os_support_end_timestamp_seconds',
          'Metric containing the end-of-life date timestamp of the OS.',
        )
        .add(Date.UTC(Number(end[1]), Number(end[2]) - 1, Number(end[3])) / 1000)
    }
  },
})

function readRelease({ files, rootPath }: CollectorDeps): ReadonlyMap<string, string> {
  const root = rootPath.replace(/\/$/, '')
  for (const [i, name] of FILES.entries()) {
    try {
      return parseRelease(files.readTextSync(root + name))
    } catch (err) {
      if (errorCode(err) !== 'ENOENT' || i === FILES.length - 1) throw err
    }
  }
  return new Map()
}

/** Shell assignments without a shell: `NAME=value`, `NAME="quoted \" value"`, `NAME='plain'`. */
function parseRelease(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (const line of splitLines(text)) {
    const match = /^\s*([A-Za-z_][A-Za-z0-9_]*)=(.*?)\s*$/.exec(line)
    if (!match) continue
    const value = match[2] as string
    const quoted = /^"(.*)"$/.exec(value)
    const plain = /^'(.*)'$/.exec(value)
    fields.set(
      match[1] as string,
      quoted
        ? (quoted[1] as string).replace(/\\([\\"$`])/g, '$1')
        : plain
          ? (plain[1] as string)
          : value,
    )
  }
  return fields
}
