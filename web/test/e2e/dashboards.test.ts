// Dashboards: live, opened to rows, edited, shared; and fast with fifty live charts.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { suite } from './suite.ts'

const { open } = suite()

/** Scrolls for four seconds of live updates, and measures each frame. A text: it runs in the page as it stands. */
const MEASURE = `new Promise(resolve => {
  const tasks = []
  const frames = []
  new PerformanceObserver(list => tasks.push(...list.getEntries().map(e => Math.round(e.duration)))).observe({ type: 'longtask' })
  let last = performance.now()
  const end = last + 4000
  requestAnimationFrame(function step(now) {
    frames.push(now - last)
    last = now
    window.scrollBy(0, 4)
    if (now < end) return requestAnimationFrame(step)
    frames.sort((a, b) => a - b)
    resolve({ tasks, median: frames[frames.length >> 1] })
  })
})`

/** The size of a picture, and how much of it is not its ground. Runs in the page. */
async function inkOf(base64: string) {
  const bytes = Uint8Array.from(atob(base64), c => c.charCodeAt(0))
  const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }))
  const canvas = new OffscreenCanvas(image.width, image.height)
  const ctx = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D
  ctx.drawImage(image, 0, 0)
  const pixels = new Uint32Array(ctx.getImageData(0, 0, image.width, image.height).data.buffer)
  const counts = new Map<number, number>()
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1)
  const ground = Math.max(...counts.values())
  return {
    width: image.width,
    height: image.height,
    ink: pixels.length - ground,
    colours: [...counts.values()].filter(n => n > 50).length,
  }
}

test('a number of a dashboard opens the rows behind it, and back works', async () => {
  await using opened = await open('/dashboards/executive?live=off')
  const { page } = opened
  await page.getByRole('button', { name: /^Revenue: .*Rows behind it/ }).click()
  await page.waitForURL(/\/explain\?q=/)
  await page.goBack()
  await page.getByText('United Kingdom').waitFor()
})

test('a chart is picked, moved by keyboard and saved with a reason; what others saved is not overwritten unasked', async () => {
  await using opened = await open('/dashboards/sales?edit=1')
  const { page } = opened
  await page.getByRole('checkbox', { name: /^Carts/ }).check()
  await page.getByRole('button', { name: 'Line', exact: true }).click()
  await page.locator('#handle-carts').press('ArrowUp')
  await page.locator('#handle-carts').press('Shift+ArrowLeft')
  await page.getByLabel('Why it changes').fill('carts matter')
  await page.route('**/api/v1/dashboards/sales', route =>
    route.request().method() === 'PUT'
      ? route.fulfill({ status: 409, json: { status: 409, title: 'Conflict', detail: 'changed' } })
      : route.continue(),
  )
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText('Somebody saved this dashboard').waitFor()
  await page.unroute('**/api/v1/dashboards/sales')
  const asked = page.waitForRequest(request => request.method() === 'PUT')
  await page.getByRole('button', { name: 'Save over it' }).click()
  const body = (await asked).postDataJSON()
  assert.equal(body.reason, 'carts matter')
  assert.match(
    JSON.stringify(body.definition),
    /"id":"carts","kind":"line","metrics":\["carts"\],"grain":"auto","width":5/,
  )
  await page.waitForURL(url => !url.search.includes('edit'))
})

test('a saved dashboard is removed with a reason, and the one that comes with Millrace counts again', async () => {
  await using opened = await open('/dashboards/marketing?edit=1')
  const { page } = opened
  await page.locator('[data-chart="trend"] canvas').waitFor()
  await page.locator('#handle-countries').dragTo(page.locator('[data-chart="trend"]'))
  await page.getByLabel('Why it changes').fill('countries first')
  const saved = page.waitForRequest(request => request.method() === 'PUT')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  const { definition } = (await saved).postDataJSON()
  const row = definition.rows.find((r: { charts: { id: string }[] }) => r.charts.some(c => c.id === 'trend'))
  assert.ok(
    row.charts.some((c: { id: string }) => c.id === 'countries'),
    `dragged into ${JSON.stringify(row)}`,
  )
  await page.getByRole('button', { name: 'Edit', exact: true }).click()
  const remove = page.getByRole('button', { name: 'Remove', exact: true })
  assert.ok(await remove.isDisabled(), 'removed without a reason')
  await page.getByLabel('Why it changes').fill('back')
  const removed = page.waitForRequest(request => request.method() === 'DELETE')
  await remove.click()
  assert.match((await removed).url(), /reason=back.*if_version=|if_version=.*reason=back/)
  await page.waitForURL(url => !url.search.includes('edit'))
})

test('a chart is saved as a picture of its size with ink in it, and the page as PDF', async () => {
  await using opened = await open('/dashboards/executive?live=off')
  const { page } = opened
  const chart = page.locator('[data-chart="trend"]')
  await chart.locator('canvas').waitFor()
  await page.getByText('the range ends there').waitFor()
  await chart.getByRole('button', { name: /: actions$/ }).click()
  const download = page.waitForEvent('download')
  await page.getByRole('menuitem', { name: 'Save as PNG' }).click()
  const picture = readFileSync(await (await download).path())
  const body = await chart.locator('.chart-body').boundingBox()
  const seen = await page.evaluate(inkOf, picture.toString('base64'))
  // Twice the size of the body, with the title above and a margin around.
  assert.deepEqual(
    [seen.width, seen.height],
    [2 * ((body?.width ?? 0) + 32), 2 * ((body?.height ?? 0) + 64)].map(Math.floor),
  )
  assert.ok(seen.ink > 2000 && seen.colours > 3, `${seen.ink} pixels of ${seen.colours} colours`)
  await page.emulateMedia({ media: 'print' })
  await page.locator('.rail').waitFor({ state: 'hidden' })
  const pdf = await page.pdf({ format: 'A4' })
  assert.ok(pdf.subarray(0, 5).toString() === '%PDF-' && pdf.length > 20_000, `${pdf.length} bytes`)
})

test('television mode goes from one dashboard to the next, fills the screen, and ends with Escape', async () => {
  await using opened = await open('/dashboards')
  const { page } = opened
  await page.clock.install()
  await page.setViewportSize({ width: 1920, height: 1080 })
  await page.goto(new URL('/dashboards/executive?tv=1&rotate=executive,sales&every=60', page.url()).href)
  await page.locator('.tv .chart').first().waitFor()
  const type = await page
    .locator('.tv .big-value')
    .first()
    .evaluate(e => Number.parseFloat(getComputedStyle(e).fontSize))
  assert.ok(type > 30, `numbers of ${type} pixels`)
  // The clock goes on by itself too: neither the one nor the two dashboards of 60 s are near their end.
  await page.clock.runFor(30_000)
  assert.match(page.url(), /executive\?/)
  await page.clock.runFor(32_000)
  await page.waitForURL(/\/dashboards\/sales\?/)
  await page.locator('.tv h1', { hasText: 'Sales' }).waitFor()
  await page.keyboard.press('Escape')
  await page.waitForURL(url => !url.search.includes('tv'))
})

test('fifty live charts paint within a second and hold up no frame', async () => {
  await using opened = await open('/dashboards/fifty', { width: 1920 })
  const { page, complaints } = opened
  await page.locator('.chart canvas').first().waitFor()
  const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0)
  const seen = (await page.evaluate(MEASURE)) as { tasks: number[]; median: number }
  console.log(
    `first paint ${paint.toFixed(0)} ms, median frame ${seen.median.toFixed(1)} ms, long tasks ${seen.tasks.join(' ')}`,
  )
  assert.ok(paint > 0 && paint < 2000, `first paint after ${paint} ms`)
  assert.ok(seen.median < 34, `half of the frames took longer than ${seen.median} ms`)
  assert.ok(seen.tasks.filter(ms => ms > 200).length === 0, `long tasks: ${seen.tasks.join(', ')}`)
  assert.deepEqual(complaints, [])
})
