import { useEffect } from 'react'
import { navigate } from '../router.ts'
import { PAGES, pageHref } from './pages.ts'
import { openPalette } from './palette-state.ts'

const CHORD_MS = 1200

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}

/** ⌘K or Ctrl K opens the palette, / focuses the page's search, g then a letter goes to a page. */
export function useShortcuts(): void {
  useEffect(() => {
    let goPressedAt = 0
    const onKey = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        openPalette()
        return
      }
      const inside = event.composedPath()[0] ?? event.target
      if (event.metaKey || event.ctrlKey || event.altKey || isTyping(inside)) return
      if (event.key === '/') {
        event.preventDefault()
        const field = document.querySelector<HTMLInputElement>('input[type=search]')
        if (field) field.focus()
        else openPalette()
        return
      }
      if (event.key === 'g') {
        goPressedAt = event.timeStamp
        return
      }
      const page = PAGES.find(p => p.key === event.key)
      if (page && event.timeStamp - goPressedAt < CHORD_MS) {
        goPressedAt = 0
        navigate(pageHref(page.path, new URLSearchParams(window.location.search)))
      }
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
}
