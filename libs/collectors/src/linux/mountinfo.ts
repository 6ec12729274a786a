/** The mounts of the observed machine, as its first process sees them. */
import { type KernelFiles, splitLines } from '../kernel-files.ts'

export interface Mount {
  readonly device: string
  /** Below the root of the observed machine. */
  readonly mountPoint: string
  readonly type: string
  readonly major: string
  readonly minor: string
  readonly isReadOnly: boolean
}

/** Lines of mountinfo:  id parent major:minor root point options [tags ...] - type source super-options */
export function readMounts(proc: KernelFiles, rootPath: string): Mount[] {
  const text = proc.label(proc.exists('1/mountinfo') ? '1/mountinfo' : 'self/mountinfo')
  return splitLines(text).map((line) => parseMount(line, rootPath))
}

function parseMount(line: string, rootPath: string): Mount {
  const fields = line.split(' ')
  const dash = fields.indexOf('-', 6)
  if (fields.length < 10 || dash < 0 || dash + 2 >= fields.length) {
    throw new Error(`malformed mount point information: ${JSON.stringify(line)}`)
  }
  const [major, minor] = (fields[2] as string).split(':')
  if (minor === undefined) {
    throw new Error(`malformed mount point information: ${JSON.stringify(line)}`)
  }
  const options = (fields[5] as string).split(',')
  const superOptions = (fields[dash + 3] ?? '').split(',')
  return {
    device: fields[dash + 2] as string,
    mountPoint: withoutRoot(unescapeBlanks(fields[4] as string), rootPath),
    type: fields[dash + 1] as string,
    major: major as string,
    minor,
    isReadOnly:
      options.includes('ro') ||
      superOptions.includes('ro') ||
      superOptions.includes('emergency_ro'),
  }
}

function unescapeBlanks(path: string): string {
  return path.replaceAll('\\040', ' ').replaceAll('\\011', '\t')
}

/** The path below the root under which the observed machine is mounted. */
export function withoutRoot(path: string, rootPath: string): string {
  if (rootPath === '/') return path
  const root = rootPath.replace(/\/$/, '')
  if (!path.startsWith(root)) return path
  const rest = path.slice(root.length)
  return rest === '' ? '/' : rest
}
