/**
 * Ours and the original in one cluster, in the clear and over TLS, each of them once the first in line: what is
 * silenced on one is silent on both, one of them notifies, and either goes on without the other.
 */
import { join } from 'node:path'
import { createAuthority } from '@prom/testkit'
import { folderWith, removeFolders } from '../harness/folders.ts'
import { freePort, type Running, start, stopAll } from '../harness/processes.ts'
import { originals, ours, type Programs, programPath } from '../harness/programs.ts'
import { fetchJson, sleep, waitFor } from '../harness/wait.ts'
import { startWebhookSink } from '../harness/webhook-sink.ts'

/** The second in line waits this much longer than the first. */
const PEER_TIMEOUT_MS = 2000
/** Group wait, the second's turn, and a group interval in which both would have spoken. */
const SPOKEN_MS = 1000 + PEER_TIMEOUT_MS + 2500

const configOf = (sink: string, name: string) => `route:
  receiver: sink
  group_by: [alertname]
  group_wait: 1s
  group_interval: 2s
  repeat_interval: 1h
receivers:
  - name: sink
    webhook_configs: [{url: '${sink}/${name}'}]
`

const TLS = `tls_server_config:
  cert_file: cert.pem
  key_file: key.pem
  client_ca_file: ca.pem
  client_auth_type: RequireAndVerifyClientCert
tls_client_config:
  cert_file: cert.pem
  key_file: key.pem
  ca_file: ca.pem
`

interface Member {
  readonly name: string
  readonly url: string
  readonly gossip: string
  launch(peer?: string): Running
}

const headers = { 'content-type': 'application/json' }
const iso = (inMs: number) => new Date(Date.now() + inMs).toISOString()

async function memberOf(
  programs: Programs,
  name: string,
  { sink, hasTls, folder }: { sink: string; hasTls: boolean; folder: string },
): Promise<Member> {
  const [port, gossipPort] = [await freePort(), await freePort()]
  const gossip = `127.0.0.1:${gossipPort}`
  const own = folderWith({ 'am.yml': configOf(sink, name) })
  return {
    name,
    url: `http://127.0.0.1:${port}`,
    gossip,
    launch: (peer) =>
      start(programPath(programs, 'alertmanager'), [
        `--config.file=${join(own, 'am.yml')}`,
        `--storage.path=${join(own, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        `--cluster.listen-address=${gossip}`,
        `--cluster.peer-name=${name}`,
        `--cluster.peer-timeout=${PEER_TIMEOUT_MS}ms`,
        '--cluster.gossip-interval=50ms',
        '--cluster.probe-interval=300ms',
        '--cluster.probe-timeout=150ms',
        '--cluster.reconnect-interval=1s',
        '--cluster.label=suite',
        ...(hasTls ? [`--cluster.tls-config=${join(folder, 'tls.yml')}`] : []),
        ...(peer === undefined ? [] : [`--cluster.peer=${peer}`]),
      ]),
  }
}

async function peers({ url }: Member): Promise<string> {
  const { cluster } = (await fetchJson(`${url}/api/v2/status`)) as {
    cluster: { status: string; peers: { name: string }[] }
  }
  return `${cluster.status} ${cluster.peers.map(({ name }) => name).join()}`
}

const seen = (member: Member, expected: string) =>
  waitFor(`${member.name} to see ${expected}`, 30_000, async () =>
    (await peers(member)) === expected ? true : undefined,
  )

async function post(member: Member, path: string, body: unknown): Promise<void> {
  const answer = await fetch(`${member.url}/api/v2${path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
}

const alert = (alertname: string) => [
  { labels: { alertname }, startsAt: iso(0), endsAt: iso(600_000) },
]

const silence = (alertname: string) => ({
  matchers: [{ name: 'alertname', value: alertname, isRegex: false }],
  startsAt: iso(0),
  endsAt: iso(600_000),
  createdBy: 'suite',
  comment: alertname,
})

const silences = async ({ url }: Member) =>
  ((await fetchJson(`${url}/api/v2/silences`)) as { comment: string }[])
    .map(({ comment }) => comment)
    .sort()
    .join()

// Who is first in line has two seconds for its turn; on a machine that stands still longer the other speaks as well.
jest.retryTimes(2, { logErrorsBeforeRetry: true })

afterEach(stopAll)
afterAll(async () => {
  await stopAll()
  removeFolders()
})

const modes = [
  { title: 'in the clear, ours first', hasTls: false, line: [ours, originals] },
  { title: 'over TLS, the original first', hasTls: true, line: [originals, ours] },
] as const

test.each(modes)('a cluster with the original, $title', async ({ hasTls, line }) => {
  const authority = createAuthority(Date.now())
  const { cert, key } = authority.issue('127.0.0.1')
  const folder = folderWith({
    'ca.pem': authority.cert,
    'cert.pem': cert,
    'key.pem': key,
    'tls.yml': TLS,
  })
  const sink = await startWebhookSink()
  try {
    const options = { sink: sink.url, hasTls, folder }
    const a = await memberOf(line[0], 'a', options)
    const b = await memberOf(line[1], 'b', options)
    const told = (alertname: string) =>
      sink.delivered
        .filter(({ body }) => body.groupLabels.alertname === alertname)
        .map(({ path }) => path)

    let first = a.launch()
    await waitFor('a to be ready', 20_000, async () => (await fetch(`${a.url}/-/ready`)).ok)
    const second = b.launch(a.gossip)
    await Promise.all([seen(a, 'ready a,b'), seen(b, 'ready a,b')])

    await post(a, '/silences', silence('muted-by-a'))
    await post(b, '/silences', silence('muted-by-b'))
    for (const member of [a, b]) {
      await waitFor('both silences on both', 10_000, async () =>
        (await silences(member)) === 'muted-by-a,muted-by-b' ? true : undefined,
      )
    }
    const names = ['one', 'two', 'muted-by-a', 'muted-by-b']
    const batch = names.flatMap(alert)
    await Promise.all([post(a, '/alerts', batch), post(b, '/alerts', batch)])
    await sleep(SPOKEN_MS)
    expect(names.map(told)).toEqual([['/a'], ['/a'], [], []])

    await first.stop()
    await seen(b, 'ready b')
    await post(b, '/alerts', alert('without-a'))
    await waitFor('b to notify alone', 15_000, () => told('without-a')[0])
    expect(told('without-a')).toEqual(['/b'])

    first = a.launch(b.gossip)
    await Promise.all([seen(a, 'ready a,b'), seen(b, 'ready a,b')])
    expect(await silences(a)).toBe('muted-by-a,muted-by-b')
    await second.stop()
    await seen(a, 'ready a')
    await post(a, '/alerts', [...alert('without-b'), ...alert('one'), ...alert('muted-by-b')])
    await waitFor('a to notify alone', 15_000, () => told('without-b')[0])
    await sleep(1500)
    // What was told before is not told again by one that was away.
    expect([told('without-b'), told('one'), told('muted-by-b')]).toEqual([['/a'], ['/a'], []])
    await first.stop()
  } finally {
    await sink.close()
  }
})
