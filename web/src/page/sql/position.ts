/** Turns "line 1, column 8" into a stretch of the text: the word there, or one character. */
export function stretchAt(text: string, location: string | undefined, start: number): { from: number; to: number } {
  const match = /line (\d+)(?:, column (\d+))?/.exec(location ?? '')
  if (!match) return { from: start, to: Math.min(text.length, start + Math.max(text.length - start, 1)) }
  const lines = text.slice(start).split('\n')
  const line = Math.min(Math.max(Number(match[1]), 1), lines.length)
  const before = lines.slice(0, line - 1).reduce((sum, l) => sum + l.length + 1, 0)
  const column = Math.min(Math.max(Number(match[2] ?? 1), 1), (lines[line - 1]?.length ?? 0) + 1)
  const from = Math.min(start + before + column - 1, text.length)
  const word = /^\w+/.exec(text.slice(from))
  const to = Math.min(from + (word?.[0].length ?? 1), text.length)
  return to > from ? { from, to } : { from: Math.max(from - 1, 0), to: from }
}
