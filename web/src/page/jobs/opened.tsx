import type { ReactNode } from 'react'
import { Link } from '../../ui/control.tsx'
import type { Opening } from './opens.ts'

/** A number that opens the rows behind it, or says why it does not. */
export function Opened({ to, exact, children }: { to: Opening; exact: string; children: ReactNode }) {
  if ('why' in to) return <span title={`${exact}: ${to.why}`}>{children}</span>
  return (
    <Link href={to.href} className="cell-link" title={`The rows behind ${exact}`}>
      {children}
    </Link>
  )
}
