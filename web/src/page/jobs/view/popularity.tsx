import { useMemo } from 'react'
import type { Row } from '../../../api/types.ts'
import { Spark } from '../../../chart/spark.tsx'
import { count, MINUS } from '../../../format.ts'
import { Icon } from '../../../ui/icon.tsx'
import { newest } from '../bound.ts'
import { Opened } from '../opened.tsx'
import type { Opening } from '../opens.ts'
import { useRows } from '../query.ts'
import { number, text, time } from '../read.ts'
import { courseOf } from './course.ts'
import { List, Share, ViewPanel, type ViewProps } from './frame.tsx'
import { Product, useProductNames } from './product.tsx'

const TOP = `SELECT t.rank, t.product_id, t.score, p.trend, p.views, p.additions, p.purchases
FROM popularity_top t
LEFT JOIN popularity p USING (product_id)
ORDER BY t.rank`

function courseSql(bound: string): string {
  return `SELECT product_id, until, score
FROM popularity_revisions
WHERE product_id IN (SELECT product_id FROM popularity_top)
  AND ${newest('popularity_revisions', 'until', '2 HOUR', bound)}
ORDER BY product_id, until`
}

interface Ranked {
  row: Row
  rank: number
  product: string
  score: number
  trend: number
  views: number
  additions: number
  purchases: number
}

const readRank = (row: Row): Ranked => ({
  row,
  rank: number(row['rank']),
  product: text(row['product_id']),
  score: number(row['score']),
  trend: number(row['trend']),
  views: number(row['views']),
  additions: number(row['additions']),
  purchases: number(row['purchases']),
})

interface Point {
  product: string
  until: number
  score: number
}

const readPoint = (row: Row): Point => ({
  product: text(row['product_id']),
  until: time(row['until']) ?? 0,
  score: number(row['score']),
})

/** The course of two hours moves slowly. */
const COURSE_EACH_MS = 10_000

function byProduct(points: readonly Point[]): Map<string, Point[]> {
  const all = new Map<string, Point[]>()
  for (const point of points) {
    const list = all.get(point.product)
    if (list) list.push(point)
    else all.set(point.product, [point])
  }
  return all
}

/** What is looked at and bought most over the sliding window, and where it is going. */
export function PopularityView({ bound, opens }: ViewProps) {
  const top = useRows(TOP, readRank)
  const course = useRows(courseSql(bound), readPoint, COURSE_EACH_MS)
  const points = useMemo(() => byProduct(course.items ?? []), [course.items])
  const names = useProductNames((top.items ?? []).map(row => row.product))
  const times = (course.items ?? []).map(point => point.until)
  const to = times.reduce((most, at) => Math.max(most, at), 0)
  const from = times.reduce((least, at) => Math.min(least, at), to)
  const figure = (row: Ranked, column: 'views' | 'additions' | 'purchases') => (
    <Opened to={opens('popularity', row.row, column)} exact={count(row[column])}>
      {count(row[column])}
    </Opened>
  )
  const score = (row: Ranked) => (
    <Opened to={opens('popularity_top', row.row, 'score')} exact={count(row.score)}>
      <b>{count(row.score)}</b>
    </Opened>
  )
  const trend = (row: Ranked) => <Trend by={row.trend} to={opens('popularity', row.row, 'trend')} />
  const most = (top.items ?? []).reduce((all, row) => Math.max(all, row.score), 0)
  return (
    <ViewPanel
      title="Most popular now"
      note="by weighted score"
      sql={TOP}
      rows={top}
      empty="No product is in use now."
      height={320}
    >
      {items => (
        <List
          label="Most popular products"
          rows={items}
          rowKey={row => String(row.rank)}
          narrow={row => (
            <p className="narrow-line">
              <span className="faint">{row.rank}</span>
              <Product id={row.product} names={names} />
              <span className="spacer" />
              <span className="small quiet">{trend(row)}</span>
              {score(row)}
            </p>
          )}
          columns={[
            { key: 'rank', title: '', num: true, cell: row => <span className="faint">{row.rank}</span> },
            { key: 'product', title: 'Product', cell: row => <Product id={row.product} names={names} /> },
            { key: 'bar', title: '', wide: true, cell: row => <Share of={most > 0 ? row.score / most : 0} /> },
            { key: 'score', title: 'Score', num: true, cell: score },
            { key: 'trend', title: 'Trend', num: true, cell: trend },
            {
              key: 'course',
              title: 'Course',
              wide: true,
              cell: row => (
                <span className="list-spark">
                  <Spark values={courseOf(points.get(row.product) ?? [], from, to)} width={96} height={20} />
                </span>
              ),
            },
            { key: 'views', title: 'Views', num: true, wide: true, cell: row => figure(row, 'views') },
            {
              key: 'additions',
              title: 'Into carts',
              num: true,
              wide: true,
              cell: row => figure(row, 'additions'),
            },
            {
              key: 'purchases',
              title: 'Bought',
              num: true,
              wide: true,
              cell: row => figure(row, 'purchases'),
            },
          ]}
        />
      )}
    </ViewPanel>
  )
}

/** The score less the one of the window before. */
function Trend({ by, to }: { by: number; to: Opening }) {
  const text = `${by > 0 ? '+' : by < 0 ? MINUS : ''}${count(Math.abs(by))}`
  return (
    <span className={by === 0 ? 'faint' : 'trend-mark'}>
      {by !== 0 && <Icon name={by > 0 ? 'up' : 'fall'} size={12} />}
      <Opened to={to} exact={text}>
        {text}
      </Opened>
    </span>
  )
}
