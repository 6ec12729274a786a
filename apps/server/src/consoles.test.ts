import type { VectorAnswer } from '@prom/query'
import { createConsoles } from './consoles.ts'
import { serveRoutes } from './testing/ask.ts'
import { fakeClock, fakeRoutes } from './testing/fakes.ts'

const content = new Map([
  ['/w/consoles/node.html', '{{ template "head" . }}<p>{{ query "up" | first | value }}</p>'],
  ['/w/consoles/a/b.html', '{{ $params.x }} {{ pathPrefix }} {{ $externalLabels.site }}'],
  ['/w/consoles/bad.html', '{{ nope }}'],
  ['/w/libs/menu.lib', '{{ define "head" }}<h1>{{ .Path }}</h1>{{ end }}'],
  ['/w/secret', 'x'],
])

const answer: VectorAnswer = {
  labels: [['__name__', 'up']],
  values: Float64Array.of(1),
  histograms: undefined,
  isScalar: false,
  warnings: [],
  infos: [],
}

async function start() {
  const consoles = createConsoles({
    clock: fakeClock,
    cwd: '/w',
    templatesFolder: 'consoles',
    librariesFolder: '/w/libs',
    externalUrl: 'http://prom/base',
    externalLabels: () => new Map([['site', 'lab']]),
    queries: { vector: async () => answer },
    files: {
      readText: async (path) => {
        const text = content.get(path)
        if (text === undefined) throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' })
        return text
      },
      glob: (pattern) => (pattern === '/w/libs/*.lib' ? ['/w/libs/menu.lib'] : []),
    },
  })
  return serveRoutes(fakeRoutes({ consoles }))
}

test('a console is expanded with its libraries, the query and the request', async () => {
  const server = await start()
  try {
    const { status, text, headers } = await server.ask('/consoles/node.html')
    expect({ status, text }).toEqual({ status: 200, text: '<h1>node.html</h1><p>1</p>' })
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect((await server.ask('/consoles/a/b.html?x=%3Cb%3E')).text).toBe('&lt;b&gt; /base lab')
  } finally {
    await server.close()
  }
})

test('a missing console is 404, a wrong one 500, and nothing else can be read', async () => {
  const server = await start()
  try {
    expect(await server.ask('/consoles/none.html')).toMatchObject({
      status: 404,
      text: 'open consoles/none.html: no such file or directory\n',
    })
    expect(await server.ask('/consoles/bad.html')).toMatchObject({
      status: 500,
      text: 'error parsing template __console_bad.html: template: __console_bad.html:1: function "nope" not defined\n',
    })
    for (const path of ['/consoles/..%2fsecret', '/consoles/a%2f..%2f..%2fsecret']) {
      const { status, text } = await server.ask(path)
      expect({ status, hasSecret: text.includes('x\n') }).toEqual({ status: 404, hasSecret: false })
    }
  } finally {
    await server.close()
  }
})
