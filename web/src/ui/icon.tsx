// One set of 16 px line icons, drawn on a 16 × 16 grid.
const PATHS = {
  overview: 'M2.5 13.5h11M4.500 13V8.500M8 13V3.500M11.500 13V6.500',
  jobs: 'M2.500 4.500h4.500l3 7h3.500M2.500 11.500H5M9.500 4.500h4M11.500 2.500l2 2-2 2M11.500 9.500l2 2-2 2',
  events: 'M5.500 4h8M5.500 8h8M5.500 12h8M2.500 4h.01M2.500 8h.01M2.500 12h.01',
  quarantine: 'M8 2.500 14 13H2L8 2.500ZM8 6.500v3M8 11.300v.01',
  sql: 'M2.500 4.500 6 8l-3.500 3.500M8 12h5.500',
  sources: 'M2.500 9.500v3.000h11V9.500M8 2.500v7M5 6.500l3 3 3-3',
  system: 'M1.500 8.500h3l2-5 3 9 2-4h3',
  search: 'M7 11.500a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9ZM10.300 10.300l3.200 3.200',
  sun: 'M8 10.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5ZM8 1.500v1.500M8 13v1.500M1.500 8H3M13 8h1.500M3.400 3.400l1 1M11.600 11.600l1 1M3.400 12.600l1-1M11.600 4.400l1-1',
  moon: 'M13 9.500A5.500 5.500 0 0 1 6.500 3a5.500 5.500 0 1 0 6.500 6.500Z',
  contrast: 'M8 13.500a5.500 5.500 0 1 0 0-11 5.500 5.500 0 0 0 0 11ZM8 2.500v11',
  copy: 'M5.500 5.500v-3h8v8h-3M2.500 5.500h8v8h-8Z',
  check: 'M3 8.500 6.500 12 13 4.500',
  close: 'M4 4l8 8M12 4l-8 8',
  down: 'M4.500 6.500 8 10l3.500-3.500',
  right: 'M6.500 4.500 10 8l-3.500 3.500',
  left: 'M9.500 4.500 6 8l3.500 3.500',
  pause: 'M5.500 3.500v9M10.500 3.500v9',
  play: 'M5 3.500v9l7.500-4.500L5 3.500Z',
  stop: 'M4.500 4.500h7v7h-7Z',
  download: 'M8 2.500v7.500M4.800 7 8 10.200 11.200 7M3 13.500h10',
  columns: 'M2.500 3h11v10h-11ZM6.200 3v10M9.800 3v10',
  table: 'M2.500 3h11v10h-11ZM2.500 6.300h11M2.500 9.700h11M6.500 6.300V13',
  chart: 'M2.500 13.500h11M3 10.500l3.500-4 3 2.500 4-5.500',
  up: 'M8 13V3.500M4 7.500l4-4 4 4',
  fall: 'M8 3v9.500M4 8.500l4 4 4-4',
  more: 'M3.500 8h.01M8 8h.01M12.500 8h.01',
  calendar: 'M2.500 4h11v9.500h-11ZM2.500 7h11M5.500 2.500v3M10.500 2.500v3',
  link: 'M6.500 9.500l3-3M7 4.800l1.300-1.300a2.500 2.500 0 0 1 4 4L11 8.700M5 7.300 3.700 8.600a2.500 2.500 0 0 0 4 4L9 11.200',
  retry: 'M13 8a5 5 0 1 1-1.500-3.500M13 2.500v3h-3',
  history: 'M8 4.500V8l2.500 1.500M3 8a5 5 0 1 0 1.500-3.500M3 2.500v3h3',
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  )
}

export function Mark() {
  return (
    <svg className="mark" width="20" height="20" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path d="M1.500 7c2.800 0 2.800 2.300 5.700 2.300S10 7 12.800 7s2.900 2.300 5.700 2.300M1.500 12.300c2.800 0 2.800 2.300 5.700 2.300s2.800-2.300 5.600-2.300 2.900 2.300 5.700 2.300" />
    </svg>
  )
}
