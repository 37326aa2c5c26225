interface Field<T> {
  title: string
  text: (row: T) => string
}

export function toCsv<T>(columns: readonly Field<T>[], rows: readonly T[]): string {
  const quote = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  const lines = [columns.map(c => quote(c.title)), ...rows.map(row => columns.map(c => quote(c.text(row))))]
  return `${lines.map(line => line.join(',')).join('\n')}\n`
}
