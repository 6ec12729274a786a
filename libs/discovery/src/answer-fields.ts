/**
 * Fields of a JSON answer that nobody has checked: whatever is missing or of another kind reads as nothing, so that
 * a strange answer gives strange labels and never an exception.
 */
type Path = readonly (string | number)[]

/** The value at the end of `path`, undefined if there is none. */
export function at(value: unknown, ...path: Path): unknown {
  let found: unknown = value
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined
    found = (found as Record<string | number, unknown>)[key]
  }
  return found ?? undefined
}

/** Text, number or truth value as text; anything else as empty. */
export function textAt(value: unknown, ...path: Path): string {
  const found = at(value, ...path)
  if (typeof found === 'string') return found
  return typeof found === 'number' || typeof found === 'boolean' ? String(found) : ''
}

export function numberAt(value: unknown, ...path: Path): number {
  const found = at(value, ...path)
  return typeof found === 'number' ? found : 0
}

export function listAt(value: unknown, ...path: Path): readonly unknown[] {
  const found = at(value, ...path)
  return Array.isArray(found) ? found : []
}

/** The texts of a list; what is none is left out. */
export function textsAt(value: unknown, ...path: Path): string[] {
  return listAt(value, ...path).filter((item): item is string => typeof item === 'string')
}

/** Names and values of an object. */
export function entriesAt(value: unknown, ...path: Path): [string, unknown][] {
  const found = at(value, ...path)
  return typeof found === 'object' && found !== null && !Array.isArray(found)
    ? Object.entries(found)
    : []
}

/** An object's values as text. */
export function pairsAt(value: unknown, ...path: Path): Record<string, string> {
  return Object.fromEntries(entriesAt(value, ...path).map(([name, one]) => [name, textAt(one)]))
}
