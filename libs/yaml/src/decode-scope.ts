import { ConfigError, type ConfigIssue } from './errors.ts'
import type { Flavour } from './resolve.ts'
import type { DecodeScope } from './schema.ts'

/** More errors than this in one file tell nothing new. */
const ERRORS_MAX = 1000

export interface ScopeOptions {
  /** Default v2. */
  readonly flavour?: Flavour
  /** Where relative paths in the file start. */
  readonly directory?: string
  readonly ignoreUnknownFields?: boolean
}

/** The usual scope: keeps the errors of one file in the order they were met. */
export class FileScope implements DecodeScope {
  readonly file: string
  readonly flavour: Flavour
  readonly isLenient: boolean
  readonly directory?: string
  readonly issues: ConfigIssue[] = []
  errorCount = 0

  constructor(file: string, options: ScopeOptions = {}) {
    this.file = file
    this.flavour = options.flavour ?? 'v2'
    this.isLenient = options.ignoreUnknownFields ?? false
    if (options.directory !== undefined) this.directory = options.directory
  }

  error(line: number, text: string): void {
    this.errorCount++
    if (this.issues.length < ERRORS_MAX) this.issues.push({ line, text })
  }

  fail(line: number, text: string): never {
    throw new ConfigError(line, text)
  }
}
