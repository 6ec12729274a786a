/** Settings in localStorage, under the original's keys. A broken value counts as the default. */
import { useSyncExternalStore } from 'react'

const defaults = {
  'settings.useLocalTime': false,
  'settings.enableQueryHistory': false,
  'settings.enableAutocomplete': true,
  'settings.enableSyntaxHighlighting': true,
  'settings.enableLinter': true,
  'settings.showAnnotations': false,
  'settings.showQueryWarnings': true,
  'settings.showQueryInfoNotices': true,
  'queryPage.queryHistory': [] as string[],
}

export type SettingKey = keyof typeof defaults
type SettingValue<K extends SettingKey> = (typeof defaults)[K]

const listeners = new Set<() => void>()
const cache = new Map<string, { text: string | null; value: unknown }>()

export function readSetting<K extends SettingKey>(key: K): SettingValue<K> {
  const text = localStorage.getItem(key)
  const known = cache.get(key)
  if (known && known.text === text) return known.value as SettingValue<K>
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
  return value as SettingValue<K>
}

export function writeSetting<K extends SettingKey>(key: K, value: SettingValue<K>): void {
  localStorage.setItem(key, JSON.stringify(value))
  for (const listener of listeners) listener()
}

export function useSetting<K extends SettingKey>(
  key: K,
): [SettingValue<K>, (value: SettingValue<K>) => void] {
  const value = useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => readSetting(key),
  )
  return [value, (next) => writeSetting(key, next)]
}
