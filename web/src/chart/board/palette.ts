// The colours of series, in order. They differ in lightness too, so that they are told apart without hue; a series is
// always named beside its line.
import { tokenColor } from '../color.ts'

export const SERIES_TOKENS = ['--s-1', '--s-2', '--s-3', '--s-4', '--s-5', '--s-6'] as const

export function seriesToken(index: number): string {
  return SERIES_TOKENS[index % SERIES_TOKENS.length] ?? '--s-1'
}

export interface Paint {
  series: string[]
  grid: string
  text: string
  strong: string
  surface: string
  deploy: string
  campaign: string
  incident: string
  note: string
}

let cached: { theme: string; paint: Paint } | null = null

/** Colours as the browser resolves them; asked once a theme, since each question costs a layout. */
export function paintFor(theme: string, at: HTMLElement): Paint {
  if (cached?.theme === theme) return cached.paint
  const color = (name: string) => tokenColor(name, at)
  const paint: Paint = {
    series: SERIES_TOKENS.map(color),
    grid: color('--line'),
    text: color('--text-3'),
    strong: color('--text'),
    surface: color('--surface'),
    deploy: color('--accent'),
    campaign: color('--accepted'),
    incident: color('--rejected'),
    note: color('--duplicate'),
  }
  cached = { theme, paint }
  return paint
}
