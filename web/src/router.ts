// The address is the state: path, filters, range and selection live in the URL and nowhere else.
import { useCallback, useMemo, useSyncExternalStore } from 'react'

const listeners = new Set<() => void>()

function notify(): void {
  for (const listener of listeners) listener()
}

window.addEventListener('popstate', notify)

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

const currentUrl = () => window.location.pathname + window.location.search

export function navigate(url: string, options: { replace?: boolean } = {}): void {
  if (url === currentUrl()) return
  const before = window.location.pathname
  if (options.replace) window.history.replaceState(null, '', url)
  else window.history.pushState(null, '', url)
  if (before !== window.location.pathname) window.scrollTo(0, 0)
  notify()
}

export interface Place {
  path: string
  params: URLSearchParams
}

export function usePlace(): Place {
  const url = useSyncExternalStore(subscribe, currentUrl)
  return useMemo(() => {
    const cut = url.indexOf('?')
    return cut < 0
      ? { path: url, params: new URLSearchParams() }
      : { path: url.slice(0, cut), params: new URLSearchParams(url.slice(cut)) }
  }, [url])
}

export type Patch = Record<string, string | null | undefined>

/** The address with some parameters set, or removed where the patch says null. */
export function patched(place: Place, patch: Patch, path = place.path): string {
  const params = new URLSearchParams(place.params)
  for (const [name, value] of Object.entries(patch)) {
    if (value === null || value === undefined || value === '') params.delete(name)
    else params.set(name, value)
  }
  const text = params.toString()
  return text === '' ? path : `${path}?${text}`
}

/** Changes parameters of the present address. */
export function usePatch(): (patch: Patch, options?: { replace?: boolean }) => void {
  return useCallback((patch, options = {}) => {
    const place = { path: window.location.pathname, params: new URLSearchParams(window.location.search) }
    navigate(patched(place, patch), options)
  }, [])
}
