/** Settings in localStorage, JSON under the originals' keys. A broken value counts as the default. */
import { useSyncExternalStore } from 'react'

const listeners = new Set<() => void>()
const cache = new Map<string, { text: string | null; value: unknown }>()

export interface Settings<D extends object> {
  read<K extends keyof D & string>(key: K): D[K]
  write<K extends keyof D & string>(key: K, value: D[K]): void
  use<K extends keyof D & string>(key: K): [D[K], (value: D[K]) => void]
}

export function createSettings<D extends object>(defaults: D): Settings<D> {
  function read<K extends keyof D & string>(key: K): D[K] {
    const text = localStorage.getItem(key)
    const known = cache.get(key)
    if (known && known.text === text) return known.value as D[K]
    let value: unknown = defaults[key]
    try {
      const parsed: unknown = text === null ? value : JSON.parse(text)
      if (typeof parsed === typeof value && Array.isArray(parsed) === Array.isArray(value)) {
        value = parsed
      }
    } catch {
      // Not ours: the default stands until it is written again.
    }
    cache.set(key, { text, value })
    return value as D[K]
  }

  function write<K extends keyof D & string>(key: K, value: D[K]): void {
    localStorage.setItem(key, JSON.stringify(value))
    for (const listener of listeners) listener()
  }

  return {
    read,
    write,
    use: (key) => {
      const value = useSyncExternalStore(
        (listener) => {
          listeners.add(listener)
          return () => listeners.delete(listener)
        },
        () => read(key),
      )
      return [value, (next) => write(key, next)]
    },
  }
}

/** What all pages share. */
export const timeSettings = createSettings({ 'settings.useLocalTime': false })
