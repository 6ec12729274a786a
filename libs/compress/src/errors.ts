/** Compressed bytes are malformed, too large, or in a form this runtime cannot handle. */
export class CompressError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CompressError'
  }
}
