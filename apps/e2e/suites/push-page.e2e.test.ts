/** The Pushgateway's page in a browser: groups, their metrics, deleting. */
import type { Browser, Page } from 'playwright-core'
import { findBarriers, openBrowser, openPage, shoot } from '../harness/browser.ts'
import { freePort, start, stopAll } from '../harness/processes.ts'
import { ours, programPath } from '../harness/programs.ts'
import { waitFor } from '../harness/wait.ts'

let browser: Browser
let base = ''

beforeAll(async () => {
  const port = await freePort()
  base = `http://127.0.0.1:${port}/push`
  start(programPath(ours, 'pushgateway'), [
    `--web.listen-address=127.0.0.1:${port}`,
    `--web.external-url=${base}`,
    '--web.enable-admin-api',
  ])
  await waitFor('the gateway', 30_000, async () =>
    (await fetch(`${base}/-/ready`)).ok ? true : undefined,
  )
  browser = await openBrowser()
}, 60_000)

afterAll(async () => {
  await browser?.close()
  await stopAll()
})

const HOSTILE = '<img src=x onerror=alert(1)>"\'&'

async function withPage(use: (page: Page, dialogs: string[]) => Promise<void>): Promise<void> {
  for (const path of [
    'job/a/instance/i',
    `job@base64/${Buffer.from('a/b').toString('base64url')}`,
  ]) {
    const body = `# HELP x ${HOSTILE}\n# TYPE x gauge\nx{l="${HOSTILE.replace('"', '\\"')}"} 1.5e21\n`
    expect((await fetch(`${base}/metrics/${path}`, { method: 'PUT', body })).status).toBe(200)
  }
  await fetch(`${base}/metrics/job/a/instance/i`, { method: 'POST', body: 'x 1 5\n' })
  const { page, problems } = await openPage(browser)
  const dialogs: string[] = []
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message())
    void (dialogs.length === 1 ? dialog.dismiss() : dialog.accept())
  })
  await page.goto(`${base}/`)
  await use(page, dialogs)
  await page.close()
  expect(problems).toEqual([])
}

test('groups are listed and opened, and what was pushed is text', async () => {
  await withPage(async (page, dialogs) => {
    const groups = page.locator('details.group')
    expect(await groups.count()).toBe(2)
    const first = groups.filter({ hasText: 'instance="i"' })
    expect(await first.locator('summary code').first().textContent()).toBe('job="a"')
    expect(await first.locator('.failed').first().textContent()).toBe('Last push failed!')
    await first.locator('summary').first().click()
    await first
      .locator('details.family summary', { hasText: 'GAUGE' })
      .filter({ hasText: HOSTILE })
      .click()
    const cells = await first.locator('table').nth(2).locator('td').allTextContents()
    expect(cells.join(' ')).toContain(`l="${HOSTILE}"`)
    expect(cells.join(' ')).toContain('1500000000000000000000')
    expect(await findBarriers(page)).toEqual([])
    await shoot(page, 'pushgateway')
    await page.reload()
    expect(await first.getAttribute('open')).not.toBeNull()
    expect(dialogs).toEqual([])
  })
})

test('a group is deleted only after a yes, and then it is gone', async () => {
  await withPage(async (page, dialogs) => {
    const group = page.locator('.entry').filter({ hasText: 'job="a/b"' })
    const ask = group.getByRole('button', { name: 'Delete Group' })
    await ask.click()
    expect(await page.locator('details.group').count()).toBe(2)
    await ask.click()
    await group.waitFor({ state: 'detached' })
    expect(dialogs).toHaveLength(2)
    expect(dialogs[0]).toContain('job="a/b"')
    expect(await page.locator('#count').textContent()).toBe('1')
    expect(await (await fetch(`${base}/metrics`)).text()).not.toContain('job="a/b"')

    await page.getByRole('button', { name: /Delete All/ }).click()
    await page.getByText('Nothing has been pushed.').waitFor()
    expect(await (await fetch(`${base}/api/v1/metrics`)).json()).toEqual({
      status: 'success',
      data: [],
    })
  })
})

test('nothing can run that is not ours', async () => {
  const answer = await fetch(`${base}/`)
  const policy = answer.headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).not.toContain('unsafe')
  expect(await answer.text()).not.toMatch(/<script>|<style>| on[a-z]+="/)
})
