/** A request that cannot be answered; becomes `{"status":"error",...}`. */
export type ErrorType =
  | 'bad_data'
  | 'execution'
  | 'canceled'
  | 'timeout'
  | 'internal'
  | 'unavailable'
  | 'not_found'
  | 'not_acceptable'

const STATUS: Readonly<Record<string, number>> = {
  bad_data: 400,
  execution: 422,
  canceled: 499,
  timeout: 503,
  not_found: 404,
  not_acceptable: 406,
}

export class ApiError extends Error {
  readonly errorType: string

  constructor(errorType: ErrorType, message: string) {
    super(message)
    this.errorType = errorType
  }
}

/** `invalid parameter "start": ...` */
export function badParameter(name: string, cause: string): ApiError {
  return new ApiError('bad_data', `invalid parameter "${name}": ${cause}`)
}

/** The HTTP status of an error type; types without one of their own are server errors. */
export function statusOf(errorType: string): number {
  return STATUS[errorType] ?? 500
}
