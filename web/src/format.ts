// How numbers, money and times are written. Digits of money are never passed through a float when shown in full.

const LOCALE = 'en-GB'
const integer = new Intl.NumberFormat(LOCALE)
const compactNumber = new Intl.NumberFormat(LOCALE, {
  notation: 'compact',
  minimumSignificantDigits: 3,
  maximumSignificantDigits: 3,
})

export const MINUS = '\u2212'
export const NONE = '\u2013'

export function count(value: number): string {
  return integer.format(Math.round(value)).replace('-', MINUS)
}

/** k and M, as engineers and shops write them; the locale says K and m. */
function units(text: string): string {
  return text.replace('K', 'k').replace(/m$/, 'M')
}

export function percent(ratio: number, digits = 2): string {
  return `${(ratio * 100).toFixed(digits).replace('-', MINUS)} %`
}

function symbolOf(currency: string): string {
  if (!/^[A-Z]{3}$/.test(currency)) return ''
  const parts = new Intl.NumberFormat(LOCALE, { style: 'currency', currency, currencyDisplay: 'narrowSymbol' })
  return parts.formatToParts(0).find(part => part.type === 'currency')?.value ?? currency
}

const symbols = new Map<string, string>()

export function currencySymbol(currency: string): string {
  let symbol = symbols.get(currency)
  if (symbol === undefined) {
    symbol = symbolOf(currency)
    symbols.set(currency, symbol)
  }
  return symbol
}

function group(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ',')
}

const axisNumber = new Intl.NumberFormat(LOCALE, { notation: 'compact', maximumSignificantDigits: 3 })

/** A round number beside an axis: "£50k", with a unit where the number is money. */
export function axisText(value: number, currency = ''): string {
  const sign = value < 0 ? MINUS : ''
  return `${sign}${currency ? currencySymbol(currency) : ''}${units(axisNumber.format(Math.abs(value)))}`
}

/** Every digit the server sent, grouped: "9769872.054" with GBP is "£9,769,872.054". */
export function moneyExact(value: string, currency: string): string {
  const match = /^(-?)(\d+)(?:\.(\d*))?$/.exec(value.trim())
  if (!match) return value
  const [, sign, whole = '0', fraction = ''] = match
  const digits = fraction.replace(/0+$/, '').padEnd(2, '0')
  return `${sign ? MINUS : ''}${currencySymbol(currency)}${group(whole)}.${digits}`
}

export function moneyWhole(value: string | number, currency: string): string {
  const number = Number(value)
  return `${number < -0.5 ? MINUS : ''}${currencySymbol(currency)}${integer.format(Math.abs(Math.round(number)))}`
}

export function moneyCents(value: string | number, currency: string): string {
  const number = Number(value)
  const text = Math.abs(number).toLocaleString(LOCALE, { minimumFractionDigits: 2, maximumFractionDigits: 2 })
  return `${number <= -0.005 ? MINUS : ''}${currencySymbol(currency)}${text}`
}

export function moneyCompact(value: string | number, currency: string): string {
  const number = Number(value)
  if (Math.abs(number) < 1000) return moneyWhole(number, currency)
  return `${number < 0 ? MINUS : ''}${currencySymbol(currency)}${units(compactNumber.format(Math.abs(number)))}`
}

/** A change between two numbers as a ratio, or null where there is nothing to compare with. */
export function change(now: number, before: number | null | undefined): number | null {
  if (before === null || before === undefined || before === 0) return null
  return (now - before) / Math.abs(before)
}

export function signedPercent(ratio: number): string {
  const digits = Math.abs(ratio) >= 0.995 ? 0 : 1
  const text = (Math.abs(ratio) * 100).toFixed(digits)
  return `${ratio < 0 ? MINUS : '+'}${text} %`
}

/** A change between two shares, in percentage points: "20 % to 22 %" is 2 points, and not 10 %. */
export function signedPoints(points: number): string {
  return `${points < 0 ? MINUS : '+'}${Math.abs(points).toFixed(1)} pp`
}

export function duration(ms: number): string {
  if (ms < 1) return '<1 ms'
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1000)} s`
  const hours = Math.floor(ms / 3_600_000)
  return hours < 48
    ? `${hours} h ${Math.floor((ms % 3_600_000) / 60_000)} min`
    : `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** How fresh views are; zero means that nothing came lately, not that it came at once. */
export function freshness(ms: number): string {
  return ms <= 0 ? NONE : duration(ms)
}

/** The age of something, in one unit: "4 s", "12 min", "3 h", "15 years". */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`
  if (seconds < 63_072_000) return `${Math.floor(seconds / 86_400)} days`
  return `${Math.floor(seconds / 31_536_000)} years`
}

export function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let size = value
  let unit = 0
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024
    unit += 1
  }
  return `${size.toFixed(unit === 0 || size >= 100 ? 0 : 1)} ${units[unit]}`
}

const DAY: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' }
const day = new Intl.DateTimeFormat(LOCALE, DAY)
const weekday = new Intl.DateTimeFormat(LOCALE, { ...DAY, weekday: 'short' })
const month = new Intl.DateTimeFormat(LOCALE, { month: 'long', year: 'numeric', timeZone: 'UTC' })
const clock = new Intl.DateTimeFormat(LOCALE, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZone: 'UTC',
})

export function dayOf(time: string | number): string {
  return september(day.format(new Date(time)))
}

export function timeOf(time: string | number): string {
  const date = new Date(time)
  return september(`${day.format(date)} ${clock.format(date)}`)
}

/** "Sep" is as long as the other months; the locale says "Sept". */
export function september(text: string): string {
  return text.replace('Sept ', 'Sep ').replace(/Sept$/, 'Sep')
}

/** The name of one bucket of a chart. */
export function bucketOf(time: number, grain: string): string {
  return september(bucketName(time, grain))
}

function bucketName(time: number, grain: string): string {
  const date = new Date(time)
  if (grain === 'month') return month.format(date)
  if (grain === 'hour' || grain === 'minute') return `${weekday.format(date)} ${clock.format(date).slice(0, 5)}`
  if (grain === 'week') return `Week of ${day.format(date)}`
  return weekday.format(date)
}

const regions = new Intl.DisplayNames(LOCALE, { type: 'region' })

export function countryName(code: string): string {
  if (!/^[A-Z]{2}$/.test(code) || code === 'ZZ') return code === 'ZZ' || code === '' ? 'Unspecified' : code
  try {
    return regions.of(code) ?? code
  } catch {
    return code
  }
}

export function shortId(id: string): string {
  return id.length > 13 ? id.slice(0, 8) : id
}

/** Any value of an answer as text. */
export function plain(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
