/** A failed file call in Go's words: `open x.yml: no such file or directory`. */
export function describeReadError(err: unknown, path: string, verb = 'open'): string {
  const code = (err as { readonly code?: unknown }).code
  const reason = typeof code === 'string' ? REASONS[code] : undefined
  if (reason === undefined) return err instanceof Error ? err.message : String(err)
  return `${code === 'EISDIR' ? 'read' : verb} ${path}: ${reason}`
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EISDIR: 'is a directory',
  ENOENT: 'no such file or directory',
  ENOTDIR: 'not a directory',
}

/** The bytes are no UTF-8. */
export class TextError extends Error {}

/** Throws TextError with the text of Go's YAML reader. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new TextError('yaml: invalid leading UTF-8 octet')
  }
}
