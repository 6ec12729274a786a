/** What an instrument is called. Checked once, when it is made, never while counting. */
export interface Description {
  readonly name: string
  readonly help: string
}

export interface VecDescription extends Description {
  readonly labelNames: readonly string[]
}

/** Throws for a name no Prometheus would take: such a literal is a bug of ours. */
export function checkDescription<T extends Description>(about: T): T {
  const labelNames = (about as T & Partial<VecDescription>).labelNames ?? []
  if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(about.name)) {
    throw new Error(`${JSON.stringify(about.name)} is not a metric name`)
  }
  for (const name of labelNames) {
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) {
      throw new Error(`${JSON.stringify(name)} is not a label name`)
    }
  }
  return about
}

/** Flat name/value pairs, sorted by name. */
export function sortedPairs(names: readonly string[], values: readonly string[]): string[] {
  const order = names
    .map((_, i) => i)
    .sort((a, b) => ((names[a] as string) < (names[b] as string) ? -1 : 1))
  return order.flatMap((i) => [names[i] as string, values[i] as string])
}
