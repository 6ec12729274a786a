/** What one execution may use; more fails it with an error instead of stopping the program. */
export interface TemplateLimits {
  /** Nodes walked and values made. */
  readonly stepsMax: number
  /** UTF-16 units of output, and of any string a function makes. */
  readonly outputMax: number
  /** Templates inside templates. */
  readonly depthMax: number
}

export const DEFAULT_LIMITS: TemplateLimits = {
  stepsMax: 2_000_000,
  outputMax: 32 * 1024 * 1024,
  depthMax: 500,
}
