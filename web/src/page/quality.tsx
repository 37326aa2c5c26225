import { usePatch, usePlace } from '../router.ts'
import { TopBar } from '../shell/topbar.tsx'
import { Segments } from '../ui/control.tsx'
import { ChecksTab } from './quality/checks.tsx'
import { ProfilesTab } from './quality/profiles.tsx'
import { RulesTab } from './quality/rules.tsx'

type Tab = 'checks' | 'profiles' | 'rules'

const TABS: { value: Tab; label: string }[] = [
  { value: 'checks', label: 'Checks' },
  { value: 'profiles', label: 'Profiles' },
  { value: 'rules', label: 'Rules' },
]

/** What must hold, whether it does, and what the data look like. */
export default function QualityPage() {
  const { params } = usePlace()
  const patch = usePatch()
  const tab = TABS.find(t => t.value === params.get('tab'))?.value ?? 'checks'
  return (
    <>
      <TopBar title="Quality" />
      <div className="page">
        <div className="page-tabs">
          <Segments<Tab>
            label="Show"
            value={tab}
            choices={TABS}
            onChange={next => patch({ tab: next === 'checks' ? null : next })}
          />
        </div>
        {tab === 'checks' ? <ChecksTab /> : tab === 'profiles' ? <ProfilesTab /> : <RulesTab />}
      </div>
    </>
  )
}
