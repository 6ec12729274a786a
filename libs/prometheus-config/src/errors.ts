/** The configuration cannot be used. `message` is the original's text, with file and line. */
export class ConfigLoadError extends Error {
  readonly file: string
  /** From 1; 0 when unknown. */
  readonly line: number

  /** The main file was fine, one of its `scrape_config_files` was not. */
  readonly isInJobFile: boolean

  constructor(message: string, file: string, line: number, isInJobFile = false) {
    super(message)
    this.name = 'ConfigLoadError'
    this.file = file
    this.line = line
    this.isInJobFile = isInJobFile
  }
}

/** A failed read in Go's words: `open x.yml: no such file or directory`. */
export function describeReadError(err: unknown, path: string): string {
  const code = (err as { readonly code?: unknown }).code
  const reason = typeof code === 'string' ? REASONS[code] : undefined
  if (reason === undefined) return err instanceof Error ? err.message : String(err)
  return code === 'EISDIR' ? `read ${path}: ${reason}` : `open ${path}: ${reason}`
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EISDIR: 'is a directory',
  EMFILE: 'too many open files',
  ENOENT: 'no such file or directory',
  ENOTDIR: 'not a directory',
}
