// Values of an answer of the SQL endpoint, which sends decimals and large integers as texts.
import { plain } from '../../format.ts'

export const number = (value: unknown) => Number(value ?? 0)
export const text = plain
export const time = (value: unknown) => (value ? Date.parse(plain(value)) : null)

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
