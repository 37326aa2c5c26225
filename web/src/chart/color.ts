/** A CSS variable as the browser resolves it now; canvases cannot read light-dark() themselves. */
export function tokenColor(name: string, at: HTMLElement): string {
  const probe = document.createElement('span')
  probe.style.color = `var(${name})`
  at.append(probe)
  const color = getComputedStyle(probe).color
  probe.remove()
  return color
}

/** The same colour, more transparent. */
export function faded(color: string, alpha: number): string {
  const parts = color.match(/[\d.]+/g)
  return parts ? `rgba(${parts.slice(0, 3).join(', ')}, ${alpha})` : color
}
