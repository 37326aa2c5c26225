import { CSPProvider } from '@base-ui/react/csp-provider'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { lazy, type ReactNode, Suspense } from 'react'
import { ApiError } from './api/client.ts'
import { EventsPage } from './page/events.tsx'
import { ExplainPage } from './page/explain.tsx'
import { OverviewPage } from './page/overview.tsx'
import { PassportPage } from './page/passport.tsx'
import { SourcesPage } from './page/sources.tsx'
import { SystemPage } from './page/system.tsx'
import { usePlace } from './router.ts'
import { useStatus } from './shell/health.ts'
import { useShortcuts } from './shell/keys.ts'
import { Palette } from './shell/palette.tsx'
import { Rail, TabBar } from './shell/rail.tsx'
import { TopBar } from './shell/topbar.tsx'
import { Link } from './ui/control.tsx'
import { Empty, Loading, Stale } from './ui/state.tsx'

const AlertsPage = lazy(() => import('./page/alerts.tsx'))
const DashboardsPage = lazy(() => import('./page/dashboards.tsx'))
const SharedPage = lazy(() => import('./page/shared.tsx'))
const LedgerPage = lazy(() => import('./page/ledger.tsx'))
const JobsPage = lazy(() => import('./page/jobs.tsx'))
const LakePage = lazy(() => import('./page/lake.tsx'))
const LineagePage = lazy(() => import('./page/lineage.tsx'))
const QuarantinePage = lazy(() => import('./page/quarantine.tsx'))
const QualityPage = lazy(() => import('./page/quality.tsx'))
const SqlPage = lazy(() => import('./page/sql.tsx'))

const RETRY_MS = 5000

/** Failures that another try may mend are tried again for as long as the page is open. */
const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2000,
      retry: (failures, error) => failures < 1 && error instanceof ApiError && error.retryable,
      retryDelay: 400,
      refetchOnWindowFocus: false,
      refetchInterval: query =>
        query.state.error instanceof ApiError && query.state.error.retryable ? RETRY_MS : false,
      networkMode: 'always',
    },
  },
})

function segment(path: string, index: number): string {
  try {
    return decodeURIComponent(path.split('/')[index] ?? '')
  } catch {
    return ''
  }
}

function pageFor(path: string): ReactNode {
  if (path === '/') return <OverviewPage />
  if (path === '/events') return <EventsPage />
  if (path === '/explain') return <ExplainPage />
  if (path === '/quarantine') {
    return (
      <Later title="Quarantine" what="the quarantine">
        <QuarantinePage />
      </Later>
    )
  }
  if (path === '/dashboards' || /^\/dashboards\/[^/]+$/.test(path)) {
    return (
      <Later title="Dashboards" what="the dashboards">
        <DashboardsPage id={segment(path, 2)} />
      </Later>
    )
  }
  if (path === '/quality') {
    return (
      <Later title="Quality" what="the quality">
        <QualityPage />
      </Later>
    )
  }
  if (path === '/ledger') {
    return (
      <Later title="Ledger" what="the ledger">
        <LedgerPage />
      </Later>
    )
  }
  if (path === '/lake') {
    return (
      <Later title="Lake" what="the lake">
        <LakePage />
      </Later>
    )
  }
  if (path === '/lineage') {
    return (
      <Later title="Lineage" what="the lineage">
        <LineagePage />
      </Later>
    )
  }
  if (path === '/alerts') {
    return (
      <Later title="Alerts" what="the alerts">
        <AlertsPage />
      </Later>
    )
  }
  if (path === '/sources') return <SourcesPage />
  if (path === '/system') return <SystemPage />
  if (/^\/events\/[^/]+$/.test(path)) return <PassportPage id={segment(path, 2)} />
  if (/^\/coordinates\/\d+\/\d+$/.test(path)) {
    return <PassportPage coordinates={{ partition: segment(path, 2), offset: segment(path, 3) }} />
  }
  if (path === '/jobs' || /^\/jobs\/[^/]+$/.test(path)) {
    const name = segment(path, 2)
    return (
      <Later title={name || 'Live jobs'} what="the page">
        <JobsPage name={name} />
      </Later>
    )
  }
  if (path === '/sql') {
    return (
      <Later title="SQL" what="the editor">
        <SqlPage />
      </Later>
    )
  }
  return <NoPage path={path} />
}

/** A page whose code is loaded when it is asked for. */
function Later({ title, what, children }: { title: string; what: string; children: ReactNode }) {
  const fallback = (
    <>
      <TopBar title={title} />
      <Loading what={what} />
    </>
  )
  return <Suspense fallback={fallback}>{children}</Suspense>
}

function NoPage({ path }: { path: string }) {
  return (
    <>
      <TopBar title="No such page" />
      <div className="page">
        <Empty title={`There is nothing at ${path}`}>
          <p>
            Press <kbd>Ctrl K</kbd> to search, or go to the{' '}
            <Link href="/" className="link">
              overview
            </Link>
            .
          </p>
        </Empty>
      </div>
    </>
  )
}

/** When the platform stops answering, everything on the screen is from before. */
function Outage() {
  const { error, data, dataUpdatedAt } = useStatus()
  if (!error || !data) return null
  return <Stale since={dataUpdatedAt}>Millrace does not answer; trying again every 2 s.</Stale>
}

/** Pages without the console around them: a shared link, which may ask for nothing else, and a screen on the wall. */
function Frame() {
  const { path, params } = usePlace()
  if (/^\/shared\/[^/]+$/.test(path)) {
    return (
      <Suspense fallback={<Loading what="the dashboard" />}>
        <SharedPage token={segment(path, 2)} />
      </Suspense>
    )
  }
  if (params.get('tv') === '1' && /^\/dashboards\/[^/]+$/.test(path)) {
    return (
      <main id="main" className="main">
        {pageFor(path)}
      </main>
    )
  }
  return <Shell />
}

function Shell() {
  const { path } = usePlace()
  const { data } = useStatus()
  useShortcuts()
  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <Rail version={data?.version} />
      <main id="main" className="main" tabIndex={-1}>
        <Outage />
        {pageFor(path)}
      </main>
      <TabBar />
      <Palette />
    </div>
  )
}

export function App() {
  return (
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={client}>
        <Frame />
      </QueryClientProvider>
    </CSPProvider>
  )
}
