import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expandConsole } from './console-template.ts'

const deploy = join(__dirname, '../../../../deploy')
const pages = readdirSync(join(deploy, 'consoles'))
const libraries = readdirSync(join(deploy, 'console_libraries')).map((name) => ({
  name,
  text: readFileSync(join(deploy, 'console_libraries', name), 'utf8'),
}))

function render(name: string, isEmpty: boolean): Promise<string> {
  const labels = ['alertname', 'Down', 'instance', '<a:1>', 'job', 'node', 'mountpoint', '/']
  return expandConsole({
    name: `/${name}`,
    text: readFileSync(join(deploy, 'consoles', name), 'utf8'),
    libraries,
    params: new Map([
      ['job', ['node']],
      ['instance', ['<a:1>']],
    ]),
    externalLabels: {},
    externalUrl: 'http://prom/base',
    timeMs: 1_700_000_000_000,
    query: async () => (isEmpty ? [] : [{ labels, value: 1 }]),
  })
}

test.each(pages)('the console %s renders with and without data', async (name) => {
  const full = await render(name, false)
  expect(full).toContain('<!doctype html>')
  expect(full.trimEnd().endsWith('</html>')).toBe(true)
  expect(full).toContain('href="/base/consoles/index.html"')
  expect(full).not.toContain('<a:1>')
  expect(full).not.toContain('ZgotmplZ')
  const empty = await render(name, true)
  expect(empty.trimEnd().endsWith('</html>')).toBe(true)
})
