import type { LakeDetail, LakeFile } from '../../api/lake.ts'

/** A bar: what it stands for, and how much of it there is. */
export interface Bar {
  label: string
  files: number
  rows: number
  bytes: number
}

const MIB = 1024 * 1024
const SIZES: readonly { below: number; label: string }[] = [
  { below: MIB, label: 'under 1 MiB' },
  { below: 16 * MIB, label: '1 to 16 MiB' },
  { below: 64 * MIB, label: '16 to 64 MiB' },
  { below: 96 * MIB, label: '64 to 96 MiB' },
  { below: 256 * MIB, label: '96 to 256 MiB' },
  { below: Number.POSITIVE_INFINITY, label: '256 MiB and more' },
]

function add(bar: Bar, file: LakeFile): void {
  bar.files += 1
  bar.rows += file.rows
  bar.bytes += file.bytes
}

/** Files by size, the smallest first. */
export function bySize(files: readonly LakeFile[]): Bar[] {
  const bars = SIZES.map(({ label }) => ({ label, files: 0, rows: 0, bytes: 0 }))
  for (const file of files) {
    const bar = bars[SIZES.findIndex(size => file.bytes < size.below)]
    if (bar) add(bar, file)
  }
  return bars
}

/** Files by partition, the oldest first. */
export function byPartition(table: Pick<LakeDetail, 'file_list' | 'partition'>): Bar[] {
  const days = table.partition?.startsWith('day(') ?? false
  const bars = new Map<string, Bar>()
  for (const file of table.file_list) {
    const label = file.from ? file.from.slice(0, days ? 10 : 7) : 'no partition'
    const bar = bars.get(label) ?? { label, files: 0, rows: 0, bytes: 0 }
    bars.set(label, bar)
    add(bar, file)
  }
  return [...bars.values()].sort((a, b) => a.label.localeCompare(b.label))
}
