// A chart as a file: its rows as CSV, its picture as PNG. The browser draws; nothing leaves it.
import { saveBlob, saveText } from '../../save.ts'
import type { TableShape } from './shape.ts'

const FORMULA = /^[=+@\t\r]|^-(?![\d.])/

/** A cell that a spreadsheet would take for a formula is preceded by an apostrophe. */
export function cell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

export function csvOf(table: TableShape): string {
  const lines = [table.titles.map(t => t.title), ...table.plain]
  return `${lines.map(line => line.map(cell).join(',')).join('\n')}\n`
}

const fileName = (title: string) =>
  title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '') || 'chart'

export function saveCsv(title: string, table: TableShape): void {
  saveText(`${fileName(title)}.csv`, 'text/csv', csvOf(table))
}

const SCALE = 2
const PAD = 16
const HEAD = 48

/** What an SVG needs to look the same outside of the page. */
const LOOKS = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'opacity',
  'font-size',
  'font-family',
  'font-weight',
  'text-anchor',
]

function frozen(svg: SVGSVGElement): string {
  const copy = svg.cloneNode(true) as SVGSVGElement
  const [from, to] = [
    [svg, ...svg.querySelectorAll('*')],
    [copy, ...copy.querySelectorAll('*')],
  ]
  from.forEach((element, i) => {
    const style = getComputedStyle(element)
    for (const name of LOOKS) to[i]?.setAttribute(name, style.getPropertyValue(name))
  })
  const box = svg.getBoundingClientRect()
  copy.setAttribute('width', String(box.width))
  copy.setAttribute('height', String(box.height))
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  return new XMLSerializer().serializeToString(copy)
}

async function image(svg: SVGSVGElement): Promise<HTMLImageElement> {
  const picture = new Image()
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(frozen(svg))}`
  await picture.decode()
  return picture
}

/** Texts of the page that stand in no picture: names beside bars, numbers, cells. */
function drawTexts(ctx: CanvasRenderingContext2D, body: HTMLElement, origin: DOMRect): void {
  const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT)
  const range = document.createRange()
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement
    if (!parent || parent.closest('svg, .sr') || !node.textContent?.trim()) continue
    range.selectNodeContents(node)
    const box = range.getBoundingClientRect()
    if (box.width === 0 || box.top < origin.top - 1 || box.bottom > origin.bottom + 1) continue
    const style = getComputedStyle(parent)
    ctx.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`
    ctx.fillStyle = style.color
    ctx.textBaseline = 'middle'
    ctx.fillText(node.textContent, box.left - origin.left, box.top + box.height / 2 - origin.top)
  }
}

/** Title, what it is of, and everything in the chart's body, on the page's own ground. */
export async function pictureOf(body: HTMLElement, title: string, note: string): Promise<Blob> {
  const origin = body.getBoundingClientRect()
  const canvas = document.createElement('canvas')
  canvas.width = (origin.width + 2 * PAD) * SCALE
  canvas.height = (origin.height + HEAD + PAD) * SCALE
  const ctx = canvas.getContext('2d')
  if (!ctx) throw new Error('This browser draws no pictures.')
  const style = getComputedStyle(body)
  ctx.scale(SCALE, SCALE)
  ctx.fillStyle = getComputedStyle(body.closest('.chart') ?? body).backgroundColor
  ctx.fillRect(0, 0, canvas.width, canvas.height)
  ctx.fillStyle = style.color
  ctx.font = `600 14px ${style.fontFamily}`
  ctx.fillText(title, PAD, 22)
  ctx.globalAlpha = 0.7
  ctx.font = `12px ${style.fontFamily}`
  ctx.fillText(note, PAD, 38)
  ctx.globalAlpha = 1
  ctx.translate(PAD, HEAD)
  for (const element of body.querySelectorAll<HTMLCanvasElement | SVGSVGElement>('canvas, svg')) {
    const box = element.getBoundingClientRect()
    if (box.width === 0 || box.height === 0) continue
    const source = element instanceof HTMLCanvasElement ? element : await image(element)
    ctx.drawImage(source, box.left - origin.left, box.top - origin.top, box.width, box.height)
  }
  drawTexts(ctx, body, origin)
  return new Promise((resolve, reject) =>
    canvas.toBlob(blob => (blob ? resolve(blob) : reject(new Error('The picture could not be written.'))), 'image/png'),
  )
}

export async function savePicture(body: HTMLElement, title: string, note: string): Promise<void> {
  saveBlob(`${fileName(title)}.png`, await pictureOf(body, title, note))
}
