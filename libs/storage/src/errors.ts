/** Why a sample was refused; each has its counter and its text in spec/storage-formats.md section 14. */
export type AppendReason =
  | 'out of order sample'
  | 'duplicate sample for timestamp'
  | 'out of bounds'
  | 'too old sample'
  | 'out of order exemplar'
  | 'exemplar label length'
  | 'invalid sample'
  | 'series limit'

export class AppendError extends Error {
  readonly reason: AppendReason

  constructor(reason: AppendReason, message: string) {
    super(message)
    this.reason = reason
  }
}
