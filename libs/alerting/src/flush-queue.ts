/** Groups by the time they are due, earliest first: a binary heap that tolerates outdated entries. */
export class FlushQueue<T> {
  readonly #entries: { readonly atMs: number; readonly item: T }[] = []

  get nextAtMs(): number {
    return this.#entries[0]?.atMs ?? Number.POSITIVE_INFINITY
  }

  push(item: T, atMs: number): void {
    const entries = this.#entries
    const entry = { atMs, item }
    let at = entries.length
    entries.push(entry)
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = entries[parent] as { atMs: number; item: T }
      if (above.atMs <= atMs) break
      entries[at] = above
      at = parent
    }
    entries[at] = entry
  }

  /** The earliest item, if it is due. */
  pop(nowMs: number): { readonly item: T; readonly atMs: number } | undefined {
    const entries = this.#entries
    const first = entries[0]
    if (!first || first.atMs > nowMs) return undefined
    const last = entries.pop() as { atMs: number; item: T }
    if (entries.length === 0) return first
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child >= entries.length) break
      const right = entries[child + 1]
      if (right && right.atMs < (entries[child] as { atMs: number }).atMs) child++
      const below = entries[child] as { atMs: number; item: T }
      if (below.atMs >= last.atMs) break
      entries[at] = below
      at = child
    }
    entries[at] = last
    return first
  }
}
