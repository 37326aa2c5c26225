// Tables that have a view of their own. A view is shown where a job has the table with the columns that it reads;
// a job of a shop's own that publishes such a table gets the view, too.
import { type ComponentType, memo } from 'react'
import type { Job } from '../../../api/types.ts'
import { CartsView } from './carts.tsx'
import type { ViewProps } from './frame.tsx'
import { FraudView } from './fraud.tsx'
import { FunnelView } from './funnel.tsx'
import { KpisView } from './kpis.tsx'
import { PopularityView } from './popularity.tsx'
import { PricesView } from './prices.tsx'
import { SegmentsView } from './segments.tsx'
import { StockView } from './stock.tsx'
import { VolumeView } from './volume.tsx'

interface Entry {
  /** Tables, and the columns of them that the view reads. */
  reads: Record<string, string>
  View: ComponentType<ViewProps>
}

const VIEWS: readonly Entry[] = [
  {
    reads: {
      kpis: 'dimension member minute revenue orders average_order_value units sessions_with_view open_carts cancellations',
    },
    View: memo(KpisView),
  },
  {
    reads: {
      popularity_top: 'rank product_id score',
      popularity: 'product_id until score trend views additions purchases',
    },
    View: memo(PopularityView),
  },
  { reads: { funnel: 'hour step_no step visits' }, View: memo(FunnelView) },
  {
    reads: {
      abandoned_carts:
        'cart_id opened_at abandoned_at customer_id anonymous_id currency value pieces product_ids recovered order_id',
    },
    View: memo(CartsView),
  },
  {
    reads: { fraud_decisions: 'payment_id order_id customer_id time amount decision score reasons' },
    View: memo(FraudView),
  },
  {
    reads: {
      stock_alerts: 'product_id location_id kind since until order_id lowest',
      stock: 'product_id location_id available',
    },
    View: memo(StockView),
  },
  {
    reads: {
      price_errors: 'product_id since until direction price expected_price band_low band_high orders value_lost',
    },
    View: memo(PricesView),
  },
  {
    reads: { customer_profiles: 'segment recency_score frequency_score value orders' },
    View: memo(SegmentsView),
  },
  {
    reads: { volume_anomalies: 'source type since until over direction observed expected' },
    View: memo(VolumeView),
  },
]

function has(job: Job, table: string, columns: string): boolean {
  const output = job.out.find(o => o.kind === 'table' && o.name === table)
  if (!output) return false
  const known = new Set(output.columns.map(column => column.name))
  return columns.split(' ').every(column => known.has(column))
}

/** The page renews itself each second; a view only when its own rows, or the minute, have changed. */
export function viewsOf(job: Job): { name: string; View: ComponentType<ViewProps> }[] {
  return VIEWS.filter(entry => Object.entries(entry.reads).every(([table, columns]) => has(job, table, columns))).map(
    ({ reads, View }) => ({ name: Object.keys(reads).join(), View }),
  )
}
