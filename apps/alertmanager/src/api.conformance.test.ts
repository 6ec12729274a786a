/** Every endpoint of the API, asked well and badly: the same answers to the letter from ours and the original. */
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Side, startSide } from './testing/side-by-side.ts'

jest.setTimeout(120_000)

const CONFIG = `
route: {receiver: w, group_by: [alertname], group_wait: 1s}
receivers: [{name: w, webhook_configs: [{url: 'http://127.0.0.1:1/'}]}]
`
const A = '/api/v2/alerts'
const S = '/api/v2/silences'
const ok = '{"labels":{"a":"b"}}'

const sil = (fields: Readonly<Record<string, unknown>>) =>
  JSON.stringify({
    matchers: [{ name: 'a', value: 'b', isRegex: false }],
    startsAt: '2130-01-01T00:00:00Z',
    endsAt: '2131-01-01T00:00:00Z',
    createdBy: 'me',
    comment: 'c',
    ...fields,
  })

type Case = readonly [
  method: string,
  path: string,
  body?: string,
  headers?: Readonly<Record<string, string>>,
]

/** Without what the original dies of: `null` in place of an alert or a matcher. */
const CASES: readonly Case[] = [
  ['POST', A, ''],
  ['POST', A, ' '],
  ['POST', A, '{'],
  ['POST', A, '['],
  ['POST', A, '[{'],
  ['POST', A, '[{"labels"'],
  ['POST', A, '[{"labels":'],
  ['POST', A, '[{"labels":{"a":"b"}},'],
  ['POST', A, '[{"labels":{"a":"b"}}'],
  ['POST', A, 'x'],
  ['POST', A, '[x]'],
  ['POST', A, '[{x}]'],
  ['POST', A, "[{'labels':1}]"],
  ['POST', A, '[{"labels":{"a":"b",}}]'],
  ['POST', A, '[{"labels":{"a":"b"}},]'],
  ['POST', A, '[{"labels" 1}]'],
  ['POST', A, '[{"labels":{"a":"b"} "x":1}]'],
  ['POST', A, '[{"labels":{"a":"b"}}{]'],
  ['POST', A, '[{"labels":{"a":"b\n"}}]'],
  ['POST', A, '[{"labels":{"a":"b\\x"}}]'],
  ['POST', A, '[{"labels":{"a":"b\\u12g4"}}]'],
  ['POST', A, '[{"labels":{"a":tru}}]'],
  ['POST', A, '[{"labels":{"a":nulx}}]'],
  ['POST', A, '[{"labels":{"a":01}}]'],
  ['POST', A, '[{"labels":{"a":-}}]'],
  ['POST', A, '[{"labels":{"a":1.}}]'],
  ['POST', A, '[{"labels":{"a":1e}}]'],
  ['POST', A, '[{"labels":{"a":1ex}}]'],
  ['POST', A, '[] x'],
  ['POST', A, '[]]'],
  ['POST', A, ']'],
  ['POST', A, '\u00ff'],
  ['POST', A, '[{"labels":{"a":"b"}}] []'],
  ['POST', A, '"'],
  ['POST', A, '"x'],
  ['POST', A, '[1'],
  ['POST', A, '[1 2]'],
  ['POST', A, '{"a":1 2}'],
  ['POST', A, '{1:2}'],
  ['POST', A, '{"a"}'],
  ['POST', A, '{"a":}'],
  ['POST', A, '[,]'],
  ['POST', A, '+1'],
  ['POST', A, '.5'],
  ['POST', A, 'fals'],
  ['POST', A, 'falsy'],
  ['POST', A, 'tr'],
  ['POST', A, 'null'],
  ['POST', A, '{}'],
  ['POST', A, '1'],
  ['POST', A, '"x"'],
  ['POST', A, 'true'],
  ['POST', A, '[]'],
  ['POST', A, '[1]'],
  ['POST', A, '[[]]'],
  ['POST', A, '[{}]'],
  ['POST', A, '[{"labels":null}]'],
  ['POST', A, '[{"labels":{}}]'],
  ['POST', A, '[{"labels":1}]'],
  ['POST', A, '[{"labels":[]}]'],
  ['POST', A, '[{"labels":{"a":1}}]'],
  ['POST', A, '[{"labels":{"a":null}}]'],
  ['POST', A, '[{"labels":{"a":""}}]'],
  ['POST', A, '[{"labels":{"":"x"}}]'],
  ['POST', A, '[{"labels":{"a":"b"},"annotations":1}]'],
  ['POST', A, '[{"labels":{"a":"b"},"annotations":{"a":1}}]'],
  ['POST', A, '[{"labels":{"a":"b"},"annotations":{"":"1"}}]'],
  ['POST', A, '[{"labels":{"a":"b"},"startsAt":1}]'],
  ['POST', A, '[{"labels":{"a":"b"},"startsAt":"x"}]'],
  ['POST', A, '[{"labels":{"a":"b"},"startsAt":""}]'],
  ['POST', A, '[{"labels":{"a":"b"},"startsAt":null}]'],
  [
    'POST',
    A,
    '[{"labels":{"a":"b"},"startsAt":"2030-01-01T00:00:00Z","endsAt":"2020-01-01T00:00:00Z"}]',
  ],
  ['POST', A, '[{"labels":{"a":"b"},"generatorURL":1}]'],
  ['POST', A, '[{"labels":{"a":"b"},"generatorURL":"x y"}]'],
  ['POST', A, '[{"labels":{"a":"b"},"generatorURL":"::"}]'],
  ['POST', A, '[{"labels":{"a":"b"},"more":[{}]}]'],
  ['POST', A, `[${ok},{"labels":{"a":""}},{"labels":{"":"1"}}]`],
  ['POST', A, '[{"LABELS":{"a":"b"}}]'],
  ['POST', A, '[{"Labels":{"a":"c"},"labels":{"a":"b"}}]'],
  ['POST', A, '[{"labels":{"a":"b"},"startsat":1}]'],
  ['POST', A, ok, { 'content-type': 'text/plain' }],
  ['POST', A, '[]', { 'content-type': 'application/json; charset=utf-8' }],
  ['POST', A, '[]', { 'content-type': 'x' }],
  ['PUT', A, '[]'],
  ['DELETE', A],
  ['HEAD', A],
  ['PATCH', A, '[]'],
  ['GET', `${A}?filter=x`],
  ['GET', `${A}?filter=a%3D%22b`],
  ['GET', `${A}?filter=%7B%7D`],
  ['GET', `${A}?filter=`],
  ['GET', `${A}?receiver=(`],
  ['GET', `${A}?receiver=nope`],
  ['GET', `${A}?active=x`],
  ['GET', `${A}?active=`],
  ['GET', `${A}?silenced=2&inhibited=F&unprocessed=no`],
  ['GET', `${A}?active=false`],
  ['GET', `${A}/`],
  ['GET', `${A}?filter=a%3D~%22(%22`],
  ['GET', `${A}/groups?filter=x`],
  ['GET', `${A}/groups?receiver=(`],
  ['GET', `${A}/groups?active=maybe`],
  ['GET', `${A}/groups?muted=maybe`],
  ['POST', `${A}/groups`, '{}'],
  ['GET', `${A}/x`],
  ['POST', S, ''],
  ['POST', S, '{'],
  ['POST', S, '[]'],
  ['POST', S, 'null'],
  ['POST', S, '{}'],
  ['POST', S, '1'],
  ['POST', S, sil({ comment: undefined })],
  ['POST', S, sil({ createdBy: undefined })],
  ['POST', S, sil({ endsAt: undefined })],
  ['POST', S, sil({ startsAt: undefined })],
  ['POST', S, sil({ matchers: undefined })],
  ['POST', S, sil({ matchers: [] })],
  ['POST', S, sil({ matchers: 1 })],
  ['POST', S, sil({ matchers: [1] })],
  ['POST', S, sil({ matchers: [{}] })],
  ['POST', S, sil({ matchers: [{ name: 'a', value: 'b' }] })],
  ['POST', S, sil({ matchers: [{ name: 'a', isRegex: false }] })],
  ['POST', S, sil({ matchers: [{ value: 'a', isRegex: false }] })],
  ['POST', S, sil({ matchers: [{ name: 1, value: 'b', isRegex: false }] })],
  ['POST', S, sil({ matchers: [{ name: 'a', value: 'b', isRegex: 'x' }] })],
  ['POST', S, sil({ matchers: [{ name: 'a', value: '(', isRegex: true }] })],
  ['POST', S, sil({ matchers: [{ name: '', value: 'b', isRegex: false }] })],
  ['POST', S, sil({ matchers: [{ name: 'a', value: '', isRegex: false }] })],
  ['POST', S, sil({ matchers: [{ name: 'a', value: '.*', isRegex: true }] })],
  [
    'POST',
    S,
    sil({ matchers: [{ name: 'a', value: 'b', isRegex: false, isEqual: false }] }).slice(0, -1),
  ],
  ['POST', S, sil({ id: 1 })],
  ['POST', S, sil({ id: 'x' })],
  ['POST', S, sil({ id: '00000000-0000-0000-0000-000000000000' })],
  ['POST', S, sil({ comment: 1 })],
  ['POST', S, sil({ comment: '' })],
  ['POST', S, sil({ createdBy: '' })],
  ['POST', S, sil({ startsAt: '2032-01-01T00:00:00Z' })],
  ['POST', S, sil({ startsAt: '2010-01-01T00:00:00Z', endsAt: '2011-01-01T00:00:00Z' })],
  ['POST', S, sil({ startsAt: 'x' })],
  ['POST', S, sil({ endsAt: 'x' })],
  ['POST', S, sil({ startsAt: 1 })],
  ['POST', S, sil({ annotations: 1 })],
  ['POST', S, sil({ annotations: { a: 1 } })],
  ['POST', S, sil({ annotations: { '': '1' } })],
  ['POST', S, sil({ status: { state: 'x' } })],
  ['POST', S, sil({ updatedAt: 'x' })],
  ['GET', `${S}?filter=x`],
  ['GET', `${S}?filter=a%3D%22nope%22`],
  ['GET', '/api/v2/silence/x'],
  ['GET', '/api/v2/silence/00000000-0000-0000-0000-000000000000'],
  ['DELETE', '/api/v2/silence/x'],
  ['DELETE', '/api/v2/silence/00000000-0000-0000-0000-000000000000'],
  ['POST', '/api/v2/silence/00000000-0000-0000-0000-000000000000', '{}'],
  ['GET', '/api/v2/silence/'],
  ['GET', '/api/v2/silence'],
  ['GET', '/api/v2/receivers'],
  ['GET', '/api/v2/receivers?receiver_matchers=x'],
  ['POST', '/api/v2/receivers', '{}'],
  ['GET', '/api/v2/nope'],
  ['GET', '/api/v2'],
  ['GET', '/api/v2/'],
  ['GET', '/api/v1/alerts'],
  ['GET', '/api/v1/nope'],
  ['GET', '/api'],
  ['GET', '/nope'],
  ['POST', '/api/v2/status', '{}'],
  ['OPTIONS', A],
  ['GET', '/api/v2/alerts?%zz'],
  ['GET', '/-/reload'],
  ['POST', '/-/ready'],
  ['GET', '/api/v2/silences/'],
]

let sides: readonly Side[] = []
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'api-original-'))
  for (const who of ['theirs', 'ours'] as const) {
    sides = [...sides, await startSide(who, { folder, config: CONFIG })]
  }
})
afterAll(async () => {
  await Promise.all(sides.map(({ stop }) => stop()))
  rmSync(folder, { recursive: true, force: true })
})

function ask({ url }: Side, [method, path, body, headers]: Case): Promise<unknown> {
  const sent = {
    ...(body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    ...headers,
  }
  return new Promise((resolve, reject) => {
    const asked = request(`${url}${path}`, { method, headers: sent, agent: false }, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (piece) => (text += piece))
      answer.on('end', () => {
        // The original lists methods in any order.
        const methods = /\[((?:[A-Z]+,?)+)\]/.exec(text)?.[1]
        resolve({
          status: answer.statusCode,
          type: answer.headers['content-type'],
          allow: answer.headers.allow?.split(',').sort(),
          text: withoutMoments(
            methods ? text.replace(methods, methods.split(',').sort().join()) : text,
          ),
        })
      })
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

function withoutMoments(text: string): string {
  return text
    .replace(/"(silenceID|id)":"[^"]+"/g, '"$1":"its own"')
    .replace(/"(updatedAt|startsAt|endsAt)":"20[0-9][^"]+"/g, '"$1":"then"')
    .replace(/"uptime":"[^"]+"|"versionInfo":\{[^}]*\}/g, '')
}

test.each(CASES.map((one) => ({ one, title: one.slice(0, 3).join(' ').slice(0, 120) })))(
  '$title',
  async ({ one }) => {
    const [theirs, ours] = await Promise.all(sides.map((side) => ask(side, one)))
    expect(ours).toEqual(theirs)
  },
)
