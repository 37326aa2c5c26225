import { usePatch, usePlace } from '../router.ts'
import { TopBar } from '../shell/topbar.tsx'
import { Segments } from '../ui/control.tsx'
import { Audits } from './ledger/audit.tsx'
import { Hours } from './ledger/hours.tsx'
import { Orders } from './ledger/orders.tsx'
import { Statements } from './ledger/statements.tsx'

const TABS = { hours: 'Ledger', audit: 'Audit', statements: 'Statements', orders: 'Order truth' } as const
type Tab = keyof typeof TABS

/** Whether everything that came is accounted for, and whether all sides agree. */
export default function LedgerPage() {
  const { params } = usePlace()
  const patch = usePatch()
  const asked = params.get('tab') ?? ''
  const tab: Tab = asked in TABS ? (asked as Tab) : 'hours'
  return (
    <>
      <TopBar title="Ledger" />
      <div className="page">
        <div className="ledger-tools">
          <Segments
            label="Part"
            value={tab}
            choices={(Object.keys(TABS) as Tab[]).map(value => ({ value, label: TABS[value] }))}
            onChange={value => patch({ tab: value === 'hours' ? null : value, cell: null, day: null })}
          />
        </div>
        {tab === 'hours' && <Hours />}
        {tab === 'audit' && <Audits />}
        {tab === 'statements' && <Statements />}
        {tab === 'orders' && <Orders />}
      </div>
    </>
  )
}
