/** Files or memory of the database failed: a full disk, a corrupt chunk, a lock held by someone else. */
export class StorageError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StorageError'
  }
}
