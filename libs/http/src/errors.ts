/** A body or header larger than its limit. */
export class HttpLimitError extends Error {
  readonly limitBytes: number

  constructor(message: string, limitBytes: number) {
    super(message)
    this.name = 'HttpLimitError'
    this.limitBytes = limitBytes
  }
}

/** A listen address that is malformed or taken. The message is Go's; `flag` is what changes the address. */
export class ListenError extends Error {
  readonly address: string
  readonly flag: string

  constructor(message: string, address: string, flag: string) {
    super(message)
    this.name = 'ListenError'
    this.address = address
    this.flag = flag
  }
}
