import { useSyncExternalStore } from 'react'

const phone = window.matchMedia('(max-width: 719px)')

function subscribe(listener: () => void): () => void {
  phone.addEventListener('change', listener)
  return () => phone.removeEventListener('change', listener)
}

/** True on a phone's width, where tables become lists. */
export function useNarrow(): boolean {
  return useSyncExternalStore(subscribe, () => phone.matches)
}
