// Customers by the scores that make their segment.

export interface Cell {
  segment: string
  recency: number
  frequency: number
  customers: number
  value: number
  orders: number
}

export type Sum = Pick<Cell, 'customers' | 'value' | 'orders'>

/** Sums of cells that agree in what `by` says, the most valuable first. */
export function sumsBy(cells: readonly Cell[], by: (cell: Cell) => string): [string, Sum][] {
  const all = new Map<string, Sum>()
  for (const cell of cells) {
    const sum = all.get(by(cell)) ?? { customers: 0, value: 0, orders: 0 }
    sum.customers += cell.customers
    sum.value += cell.value
    sum.orders += cell.orders
    all.set(by(cell), sum)
  }
  return [...all].sort((a, b) => b[1].value - a[1].value)
}
