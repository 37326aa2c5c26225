// The server runs few queries at once (olap.sql.max_concurrent) and refuses the next one. A page of live tables asks
// with at most two of them; the others wait here, in order.

const AT_ONCE = 2
let running = 0
const waiting: (() => void)[] = []

export async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE) await new Promise<void>(resolve => waiting.push(resolve))
  else running += 1
  try {
    return await work()
  } finally {
    const next = waiting.shift()
    if (next) next()
    else running -= 1
  }
}
