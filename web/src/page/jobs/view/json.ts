import { plain } from '../../../format.ts'

/** A list or an object, which a table holds as JSON text. */
export function jsonOf<T>(value: unknown, otherwise: T): T {
  if (value === null || value === undefined) return otherwise
  if (typeof value === 'object') return value as T
  try {
    return (JSON.parse(plain(value)) as T | null) ?? otherwise
  } catch {
    return otherwise
  }
}
