// The newest answer of each chart. Answers come all at once each second; charts are drawn a few in a frame, and only those
// that are on the screen, so that fifty of them never hold up the page.
import { flushSync } from 'react-dom'
import type { ChartAnswer } from '../../api/boards.ts'

/** So many charts are drawn in a frame at most, and no more once this many milliseconds are gone. */
const PER_FRAME = 2
const BUDGET_MS = 5

type Listener = () => void

export class ChartStore {
  #shown = new Map<string, ChartAnswer>()
  #pending = new Map<string, ChartAnswer>()
  #listeners = new Map<string, Set<Listener>>()
  #visible = new Set<string>()
  #frame = 0

  /** What the chart draws now. */
  get(id: string): ChartAnswer | undefined {
    return this.#shown.get(id)
  }

  /** The newest there is, drawn or not. */
  newest(id: string): ChartAnswer | undefined {
    return this.#pending.get(id) ?? this.#shown.get(id)
  }

  subscribe(id: string, listener: Listener): () => void {
    let all = this.#listeners.get(id)
    if (!all) {
      all = new Set()
      this.#listeners.set(id, all)
    }
    all.add(listener)
    return () => all.delete(listener)
  }

  put(charts: readonly ChartAnswer[]): void {
    for (const chart of charts) this.#pending.set(chart.id, chart)
    this.#schedule()
  }

  setVisible(id: string, visible: boolean): void {
    if (visible) this.#visible.add(id)
    else this.#visible.delete(id)
    if (visible) this.#schedule()
  }

  /** Draws everything at once: for print, where what is off the screen counts too. */
  drawAll(): void {
    for (const id of [...this.#pending.keys()]) this.#draw(id)
  }

  stop(): void {
    cancelAnimationFrame(this.#frame)
    this.#frame = 0
  }

  #draw(id: string): void {
    const next = this.#pending.get(id)
    if (!next) return
    this.#pending.delete(id)
    this.#shown.set(id, next)
    flushSync(() => {
      for (const listener of this.#listeners.get(id) ?? []) listener()
    })
  }

  #schedule(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(this.#flush)
  }

  #flush = (): void => {
    this.#frame = 0
    const start = performance.now()
    let drawn = 0
    for (const id of this.#visible) {
      if (!this.#pending.has(id)) continue
      if (drawn === PER_FRAME || performance.now() - start > BUDGET_MS) {
        this.#schedule()
        return
      }
      this.#draw(id)
      drawn += 1
    }
  }
}
