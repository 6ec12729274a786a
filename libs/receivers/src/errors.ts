/** Why a notification failed, as counted in alertmanager_notifications_failed_total. */
export type FailureReason =
  | 'other'
  | 'clientError'
  | 'serverError'
  | 'authError'
  | 'rateLimited'
  | 'contextCanceled'
  | 'contextDeadlineExceeded'

/** A notification was not delivered. Worth another try only when `canRetry`. */
export class NotifyError extends Error {
  readonly canRetry: boolean
  readonly reason: FailureReason

  constructor(
    message: string,
    options: { canRetry: boolean; reason?: FailureReason; cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.canRetry = options.canRetry
    this.reason = options.reason ?? 'other'
  }
}
