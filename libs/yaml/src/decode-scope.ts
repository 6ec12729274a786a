import { ConfigError, type ConfigIssue } from './errors.ts'
import type { Flavour } from './resolve.ts'
import type { DecodeScope } from './schema.ts'

/** More errors than this in one file tell nothing new. */
const ERRORS_MAX = 1000

/** The usual scope: keeps the errors of one file in the order they were met. */
export class FileScope implements DecodeScope {
  readonly file: string
  readonly flavour: Flavour
  readonly directory?: string
  readonly issues: ConfigIssue[] = []
  errorCount = 0

  constructor(file: string, flavour: Flavour, directory?: string) {
    this.file = file
    this.flavour = flavour
    if (directory !== undefined) this.directory = directory
  }

  error(line: number, text: string): void {
    this.errorCount++
    if (this.issues.length < ERRORS_MAX) this.issues.push({ line, text })
  }

  fail(line: number, text: string): never {
    throw new ConfigError(line, text)
  }
}
