/**
 * Where this page is: the address, the path prefix the server is mounted under, and going elsewhere without loading
 * a page. The prefix is what remains of the address without a known page's path, so it works behind any proxy.
 */
import { useSyncExternalStore } from 'react'

export const paths = [
  '/query',
  '/alerts',
  '/rules',
  '/targets',
  '/service-discovery',
  '/tsdb-status',
  '/status',
  '/flags',
  '/config',
  '/alertmanager-discovery',
  '/running-queries',
  '/agent',
] as const

export type PagePath = (typeof paths)[number]

function findPrefix(pathname: string): string {
  const page = paths.find((path) => pathname.endsWith(path))
  return page ? pathname.slice(0, -page.length) : pathname.replace(/\/$/, '')
}

export const prefix = findPrefix(window.location.pathname)

export function currentPath(): PagePath {
  const rest = window.location.pathname.slice(prefix.length)
  return paths.find((path) => path === rest) ?? '/query'
}

const listeners = new Set<() => void>()
const tell = () => {
  for (const listener of listeners) listener()
}
window.addEventListener('popstate', tell)

/** Goes to a page; `replace` changes the entry instead of adding one. */
export function goTo(path: PagePath, search = '', options: { readonly replace?: boolean } = {}) {
  const url = `${prefix}${path}${search ? `?${search}` : ''}`
  if (options.replace) window.history.replaceState(null, '', url)
  else window.history.pushState(null, '', url)
  tell()
}

/** The current address; the component renders again when it changes. */
export function usePlace(): { readonly path: PagePath; readonly search: string } {
  const href = useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => window.location.href,
  )
  void href
  return { path: currentPath(), search: window.location.search }
}

/** One parameter of the address as state; writing replaces the history entry. */
export function useParameter(name: string): [string, (value: string) => void] {
  const { path, search } = usePlace()
  const parameters = new URLSearchParams(search)
  return [
    parameters.get(name) ?? '',
    (value) => {
      const next = new URLSearchParams(window.location.search)
      if (value) next.set(name, value)
      else next.delete(name)
      goTo(path, next.toString(), { replace: true })
    },
  ]
}
