import type { Socket } from 'node:net'

/** As many as a kernel keeps by default; whoever comes then is turned away. */
const WAITING_MAX = 4096

/** Lets so many connections in at a time; others wait, unread, in the order they came. */
export class Gate {
  readonly #max: number
  readonly #waiting = new Map<Socket, () => void>()
  #accepted = 0
  #closed = 0
  #refused = 0

  /** 0 is no limit. */
  constructor(max: number) {
    this.#max = max
  }

  /** Connections since the start; those refused found no place to wait in. */
  get counts(): { readonly accepted: number; readonly closed: number; readonly refused: number } {
    return { accepted: this.#accepted, closed: this.#closed, refused: this.#refused }
  }

  /** `socket` is paused and stays so until `admit` is called. */
  enter(socket: Socket, admit: () => void): void {
    socket.on('error', () => {})
    if (this.#hasPlace()) {
      this.#admit(socket, admit)
      return
    }
    if (this.#waiting.size >= WAITING_MAX) {
      this.#refused++
      socket.destroy()
      return
    }
    this.#waiting.set(socket, admit)
    socket.once('close', () => this.#waiting.delete(socket))
  }

  /** Ends those that wait. */
  close(): void {
    for (const socket of [...this.#waiting.keys()]) socket.destroy()
    this.#waiting.clear()
  }

  #hasPlace(): boolean {
    return this.#max === 0 || this.#accepted - this.#closed < this.#max
  }

  #admit(socket: Socket, admit: () => void): void {
    this.#accepted++
    socket.once('close', () => {
      this.#closed++
      this.#next()
    })
    admit()
  }

  #next(): void {
    for (const [socket, admit] of this.#waiting) {
      if (!this.#hasPlace()) return
      this.#waiting.delete(socket)
      this.#admit(socket, admit)
    }
  }
}
