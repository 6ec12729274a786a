/** The hash routes of the original: `#/alerts?filter={...}`, `#/silences/new`, `#/silences/ID`. */
import { useSyncExternalStore } from 'react'

export interface Place {
  /** `/alerts`, `/silences/new` ... */
  readonly path: string
  readonly parameters: URLSearchParams
}

export function parseHash(hash: string): Place {
  const text = hash.replace(/^#/, '')
  const at = text.indexOf('?')
  const path = at < 0 ? text : text.slice(0, at)
  return {
    path: path === '' || path === '/' ? '/alerts' : path,
    parameters: new URLSearchParams(at < 0 ? '' : text.slice(at + 1)),
  }
}

export function usePlace(): Place {
  const hash = useSyncExternalStore(
    (listener) => {
      window.addEventListener('hashchange', listener)
      return () => window.removeEventListener('hashchange', listener)
    },
    () => window.location.hash,
  )
  return parseHash(hash)
}

export function hashOf(path: string, parameters: Readonly<Record<string, string>> = {}): string {
  const search = Object.entries(parameters)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&')
  return `#${path}${search ? `?${search}` : ''}`
}

export function goTo(path: string, parameters: Readonly<Record<string, string>> = {}): void {
  window.location.hash = hashOf(path, parameters)
}
