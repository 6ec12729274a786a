/** Lifetimes: a Part is what runs; a Group starts its parts in order and stops them in reverse. */

export interface Part {
  /**
   * Calls `ready` once, works until `signal` aborts, drains, returns. Throwing means the process cannot go on.
   */
  run(signal: AbortSignal, ready: () => void): Promise<void>
}

interface Running {
  readonly name: string
  readonly stop: AbortController
  readonly done: Promise<void>
}

export class Group {
  readonly #parts: { readonly name: string; readonly part: Part }[] = []

  add(name: string, part: Part): void {
    this.#parts.push({ name, part })
  }

  /**
   * Starts each part once the one before is ready; on `stop`, or when a part ends or throws, stops all in
   * reverse order, one by one. Rejects with the first error.
   */
  async run(stop: AbortSignal, onReady?: () => void): Promise<void> {
    const running: Running[] = []
    const failures: unknown[] = []
    const ended = new AbortController()
    const whenStopped = new Promise<void>((resolve) => {
      const finish = () => resolve()
      if (stop.aborted) finish()
      stop.addEventListener('abort', finish, { once: true })
      ended.signal.addEventListener('abort', finish, { once: true })
    })

    for (const { name, part } of this.#parts) {
      if (stop.aborted || ended.signal.aborted) break
      const controller = new AbortController()
      let markReady = () => {}
      const isReady = new Promise<void>((resolve) => {
        markReady = resolve
      })
      const done = part.run(controller.signal, markReady).then(
        () => ended.abort(),
        (err: unknown) => {
          failures.push(err)
          ended.abort()
        },
      )
      running.push({ name, stop: controller, done })
      await Promise.race([isReady, done, whenStopped])
    }
    if (!stop.aborted && !ended.signal.aborted) onReady?.()

    await whenStopped
    for (const part of running.reverse()) {
      part.stop.abort()
      await part.done
    }
    if (failures.length > 0) throw failures[0]
  }
}
