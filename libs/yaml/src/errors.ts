/** One thing wrong in a file; `line` counts from 1, 0 when unknown. */
export interface ConfigIssue {
  readonly line: number
  readonly text: string
}

/** A value broke a rule: reading ends here, as in the original. `text` is the original's. */
export class ConfigError extends Error {
  readonly line: number
  readonly text: string

  constructor(line: number, text: string) {
    super(text)
    this.name = 'ConfigError'
    this.line = line
    this.text = text
  }
}

/** The text is no YAML, or uses anchors as no document may. */
export class YamlSyntaxError extends Error {
  readonly line: number
  readonly text: string

  constructor(line: number, text: string) {
    super(text)
    this.name = 'YamlSyntaxError'
    this.line = line
    this.text = text
  }
}
