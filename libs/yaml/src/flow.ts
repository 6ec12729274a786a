import type { Encoded } from './schema.ts'

const flows = new WeakSet<object>()

/** Marks a list to be printed on one line, `[a, b]`. */
export function flow(items: readonly Encoded[]): readonly Encoded[] {
  flows.add(items)
  return items
}

export const isFlow = (items: readonly Encoded[]): boolean => flows.has(items)
