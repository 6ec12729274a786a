import type { TargetError } from './contract.ts'

/** Per target; older ones are forgotten. */
const ERRORS_MAX = 10
const TEXT_MAX = 1024

/** By the words of an error, the first that fits; the texts are Go's and the original's. */
const REASONS: readonly (readonly [TargetError['reason'], RegExp])[] = [
  ['timeout', /context deadline exceeded|i\/o timeout|Client\.Timeout/],
  ['http_status', /^server returned HTTP status/],
  ['limit', /limit exceeded|_limit exceeded|body size limit/],
  ['content_type', /Content-Type/],
  ['tls', /\bx509\b|\btls\b|certificate/i],
  ['dns', /\blookup\b|no such host/],
  ['connection', /\bdial\b|connection (refused|reset)|\bEOF\b|broken pipe|proxyconnect/],
]

/** What went wrong in the last failed scrapes of one target, oldest first. */
export class ErrorHistory {
  #errors: TargetError[] = []

  /** `status` is that of the answer, 0 if none came. */
  add(atMs: number, durationSeconds: number, error: string): void {
    const known = this.#errors.at(-1)?.error
    const cut = error.length > TEXT_MAX ? `${error.slice(0, TEXT_MAX)}...` : error
    const status = Number(/^server returned HTTP status (\d{3})/.exec(error)?.[1] ?? 0)
    // One text for many failures of the same kind.
    const text = known === cut ? known : cut
    this.#errors.push({ atMs, durationSeconds, status, reason: reasonOf(error), error: text })
    if (this.#errors.length > ERRORS_MAX) this.#errors = this.#errors.slice(-ERRORS_MAX)
  }

  get errors(): readonly TargetError[] {
    return this.#errors
  }
}

function reasonOf(error: string): TargetError['reason'] {
  return REASONS.find(([, pattern]) => pattern.test(error))?.[0] ?? 'parse'
}
