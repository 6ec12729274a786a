import { giveBack } from '@prom/promql-engine'
import type { AnswerPiece, AnswerPieces } from './contract.ts'
import type { PieceEvent } from './messages.ts'

/**
 * The pieces of one answer on their way from a query thread to who sends them. Pieces in memory of their own are
 * told to `count`, as bytes that come and go.
 */
export class AnswerStream implements AnswerPieces {
  readonly #count: (bytes: number) => void
  readonly #pieces: AnswerPiece[] = []
  #waiting: { resolve(piece: AnswerPiece | undefined): void; reject(err: Error): void } | undefined
  #isOver = false
  #failure: Error | undefined
  #isGivenUp = false

  constructor(count: (bytes: number) => void) {
    this.#count = count
  }

  add(event: PieceEvent): void {
    const piece = this.#pieceOf(event)
    if (!piece) return
    if (this.#isGivenUp) piece.release()
    else if (this.#waiting) {
      const { resolve } = this.#waiting
      this.#waiting = undefined
      resolve(piece)
    } else this.#pieces.push(piece)
  }

  /** There are no more. */
  end(): void {
    this.#isOver = true
    this.#waiting?.resolve(undefined)
    this.#waiting = undefined
  }

  /** There should be more, but will not. */
  fail(err: Error): void {
    this.#failure = err
    this.#waiting?.reject(err)
    this.#waiting = undefined
  }

  next(): Promise<AnswerPiece | undefined> {
    const piece = this.#pieces.shift()
    if (piece || this.#isOver) return Promise.resolve(piece)
    if (this.#failure) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
  }

  /** Nobody wants what is still to come. */
  giveUp(): void {
    this.#isGivenUp = true
    for (const piece of this.#pieces.splice(0)) piece.release()
  }

  #pieceOf({ shared, bytes }: PieceEvent): AnswerPiece | undefined {
    let isHeld = true
    if (shared) {
      const { buffer, at, length, word } = shared
      const release = () => {
        // Once: the thread may have taken it again by now.
        if (isHeld) giveBack(buffer, word)
        isHeld = false
      }
      return { bytes: new Uint8Array(buffer, at, length), release }
    }
    if (!bytes) return undefined
    this.#count(bytes.length)
    const release = () => {
      if (isHeld) this.#count(-bytes.length)
      isHeld = false
    }
    return { bytes, release }
  }
}
