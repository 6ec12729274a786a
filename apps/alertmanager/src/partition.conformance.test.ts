/** Three members in one process on a network that can be cut: calm, divided, whole again, restarted. */
import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { createHost } from '@prom/runtime/node'
import { MembersNet } from './testing/net-of-members.ts'
import { post, type Started, start, stopAll, until } from './testing/start.ts'

jest.setTimeout(90_000)
// A member has a second for its turn; on a machine that stands still longer the next one speaks as well.
jest.retryTimes(2, { logErrorsBeforeRetry: true })

const PEER_TIMEOUT_MS = 1000

let hook: Server
/** Alert names by member, in the order they were told. */
let told: { member: string; alertname: string }[]

beforeEach(async () => {
  told = []
  hook = createServer((request, response) => {
    let text = ''
    request
      .on('data', (part) => (text += part))
      .on('end', () => {
        response.end()
        const { groupLabels } = JSON.parse(text) as { groupLabels: { alertname: string } }
        told.push({ member: (request.url ?? '').slice(1), alertname: groupLabels.alertname })
      })
  })
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  await stopAll()
  hook.close()
})

async function freePort(): Promise<number> {
  const server = createTcpServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return port
}

const NAMES = ['a', 'b', 'c'] as const

async function cluster() {
  const net = new MembersNet(createHost(process).net)
  const ports = new Map<string, number>()
  for (const name of NAMES) ports.set(name, await freePort())
  const launch = (name: string, folder?: string): Promise<Started> => {
    const hookUrl = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/${name}`
    const config = `
route: {receiver: w, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}
receivers: [{name: w, webhook_configs: [{url: '${hookUrl}'}]}]
`
    const port = ports.get(name) as number
    const flags = [
      `--cluster.listen-address=127.0.0.1:${port}`,
      `--cluster.peer-name=${name}`,
      `--cluster.peer-timeout=${PEER_TIMEOUT_MS}ms`,
      '--cluster.gossip-interval=25ms',
      '--cluster.probe-interval=100ms',
      '--cluster.probe-timeout=50ms',
      '--cluster.pushpull-interval=1s',
      '--cluster.reconnect-interval=200ms',
      '--cluster.settle-timeout=5s',
      ...NAMES.map((other) => `--cluster.peer=127.0.0.1:${ports.get(other)}`),
    ]
    return start(config, flags, folder, { net: net.of(name, port) })
  }
  const members = new Map<string, Started>()
  for (const name of NAMES) members.set(name, await launch(name))
  const of = (name: string) => members.get(name) as Started
  const see = async (name: string, peers: string) => {
    const look = async () => {
      const answer = await fetch(`${of(name).url}/api/v2/status`)
      const { cluster: found } = (await answer.json()) as {
        cluster: { status: string; peers: { name: string }[] }
      }
      return `${found.status} ${found.peers.map((peer) => peer.name).join('')}`
    }
    await until(async () => (await look()) === `ready ${peers}`)
    expect(await look()).toBe(`ready ${peers}`)
  }
  return { net, of, see, launch, members }
}

const endsAt = new Date(Date.now() + 3_600_000).toISOString()

async function fire(alertname: string, ...members: Started[]): Promise<void> {
  const body = [{ labels: { alertname }, endsAt }]
  await Promise.all(members.map(({ url }) => post(`${url}/api/v2/alerts`, body)))
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const times = (alertname: string) => told.filter((one) => one.alertname === alertname).length
/** Every member has had its turn, and another flush. */
const allTurns = () => sleep(3 * PEER_TIMEOUT_MS + 1200)

test('calm: exactly once; divided: at least once on each side; whole again: nothing twice', async () => {
  const { net, of, see, launch, members } = await cluster()
  for (const name of NAMES) await see(name, 'abc')
  const all = NAMES.map(of)

  await fire('calm', ...all)
  await allTurns()
  expect(times('calm')).toBe(1)

  // Divided: nobody who posts to either side is left without a notification.
  net.cut('a')
  await see('a', 'a')
  await see('b', 'bc')
  await fire('divided', ...all)
  await fire('left', of('a'))
  await fire('right', of('b'), of('c'))
  const silence = {
    matchers: [{ name: 'alertname', value: 'silenced', isRegex: false }],
    startsAt: new Date().toISOString(),
    endsAt,
    createdBy: 'test',
    comment: 'made while divided',
  }
  await post(`${of('a').url}/api/v2/silences`, silence)
  await allTurns()
  expect([times('divided'), times('left'), times('right')]).toEqual([2, 1, 1])

  net.join('a')
  for (const name of NAMES) await see(name, 'abc')
  const silences = async (name: string) =>
    ((await (await fetch(`${of(name).url}/api/v2/silences`)).json()) as unknown[]).length
  await until(async () => (await silences('b')) === 1 && (await silences('c')) === 1)
  const before = told.length
  await fire('left', ...all)
  await fire('right', ...all)
  await fire('silenced', ...all)
  await fire('whole', ...all)
  await allTurns()
  expect(told.slice(before).map(({ alertname }) => alertname)).toEqual(['whole'])

  // Restarted: what was told before the restart is not told again.
  const first = of('a')
  await first.stop()
  await see('b', 'bc')
  await fire('while a is away', of('b'), of('c'))
  await allTurns()
  expect(times('while a is away')).toBe(1)
  members.set('a', await launch('a', first.folder))
  for (const name of NAMES) await see(name, 'abc')
  const restarted = told.length
  for (const name of ['calm', 'divided', 'while a is away']) await fire(name, ...NAMES.map(of))
  await allTurns()
  expect(told.slice(restarted)).toEqual([])
})
