/** What a mail server hears for the same alerts, word for word: from ours and from the original. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSecureContext, TLSSocket } from 'node:tls'
import { createAuthority } from '@prom/testkit'
import { postAll, type Side, startSide, waitFor } from './testing/side-by-side.ts'

jest.setTimeout(240_000)

const folder = mkdtempSync(join(tmpdir(), 'email-original-'))
const authority = createAuthority(Date.now())
const secureContext = createSecureContext(authority.issue('127.0.0.1', 'mail.test'))
writeFileSync(join(folder, 'ca.pem'), authority.cert)
writeFileSync(join(folder, 'password'), 'p w\n')
const TLS = `tls_config: {ca_file: ${join(folder, 'ca.pem')}}`
const TEXT = `text: '{{ .Status }} {{ len .Alerts }} ü', html: ''`

interface Case {
  /** What the server offers after EHLO. */
  readonly offers: readonly string[]
  readonly isImplicit?: boolean
  /** Of the receiver, without recipient and smarthost. */
  readonly config: string
}

const CASES: Readonly<Record<string, Case>> = {
  starttls: { offers: ['STARTTLS', '8BITMIME'], config: `${TLS}, ${TEXT}` },
  plain: {
    offers: ['STARTTLS', 'AUTH PLAIN LOGIN CRAM-MD5'],
    config: `${TLS}, ${TEXT}, auth_username: u, auth_password: pw, auth_identity: i`,
  },
  login: {
    offers: ['STARTTLS', 'AUTH LOGIN'],
    config: `${TLS}, ${TEXT}, auth_username: u, auth_password_file: ${join(folder, 'password')}`,
  },
  cram: {
    offers: ['STARTTLS', 'AUTH CRAM-MD5 PLAIN'],
    config: `${TLS}, ${TEXT}, auth_username: u, auth_secret: s, hello: me.test`,
  },
  implicit: {
    offers: ['AUTH PLAIN'],
    isImplicit: true,
    config: `${TLS}, ${TEXT}, force_implicit_tls: true, auth_username: u, auth_password: pw`,
  },
  unencrypted: { offers: ['SIZE 1000000'], config: `require_tls: false, ${TEXT}` },
  'local login': {
    offers: ['AUTH PLAIN'],
    config: `require_tls: false, ${TEXT}, auth_username: u, auth_password: pw`,
  },
  html: {
    offers: [],
    config: `require_tls: false, html: '<p>{{ .CommonAnnotations.summary }}</p>${'x'.repeat(200)}'`,
  },
  both: {
    offers: [],
    config: `require_tls: false, text: "a = b\\n.dot\\n{{ .CommonAnnotations.summary }}\\ttab \\n", html: '<b>{{ .Status }}</b>'`,
  },
  headers: {
    offers: [],
    config: `require_tls: false, ${TEXT}, headers: {subject: 'ü {{ .Status }} {{ .CommonAnnotations.summary }}', x-custom: 'a {{ len .Alerts }}', Reply-To: 'R <r@x.test>', from: '"Ü" <from@x.test>', Message-Id: '<own@x.test>'}`,
  },
  thread: {
    offers: [],
    config: `require_tls: false, ${TEXT}, threading: {enabled: true, thread_by_date: none}`,
  },
  'thread of a day': {
    offers: [],
    config: `require_tls: false, ${TEXT}, threading: {enabled: true, thread_by_date: daily}`,
  },
  recipients: { offers: ['DSN', 'HELP'], config: `require_tls: false, ${TEXT}` },
}
const names = Object.keys(CASES)
const recipients = (name: string) =>
  name === 'recipients' ? `'A <a@x.test>, "B, C" <b@x.test>,c@x.test'` : 'a@x.test'

/** One conversation: what the client said, line by line, then the mail. */
interface Heard {
  readonly lines: string[]
  mail: string
}

const open: (Server | Socket)[] = []

async function listen({ offers, isImplicit }: Case, heard: Heard[]): Promise<number> {
  const server = createServer((socket) => {
    open.push(socket)
    socket.on('error', () => {})
    const said: Heard = { lines: [], mail: '' }
    const secured = () => new TLSSocket(socket, { isServer: true, secureContext })
    converse(isImplicit ? secured() : socket, { offers, secured, said, heard })
  })
  open.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

interface Conversation {
  readonly offers: readonly string[]
  readonly secured: () => TLSSocket
  readonly said: Heard
  readonly heard: Heard[]
}

function converse(first: Socket, { offers, secured, said, heard }: Conversation): void {
  let socket = first
  let rest = ''
  let isMail = false
  let answers = 0
  const say = (text: string) => socket.write(`${text}\r\n`)
  const greet = (isTls: boolean) => {
    const lines = ['mail.test', ...offers.filter((offer) => !(isTls && offer === 'STARTTLS'))]
    lines.forEach((line, i) => {
      say(`250${i === lines.length - 1 ? ' ' : '-'}${line}`)
    })
  }
  const take = (line: string) => {
    if (isMail) {
      if (line !== '.') said.mail += `${line}\n`
      else {
        isMail = false
        say('250 taken')
      }
      return
    }
    said.lines.push(line)
    const verb = line.split(' ')[0]?.toUpperCase()
    if (verb === 'EHLO') greet(socket instanceof TLSSocket)
    else if (verb === 'STARTTLS') {
      say('220 go')
      socket.removeAllListeners('data')
      socket = secured()
      attach()
    } else if (verb === 'AUTH') {
      if (line === 'AUTH LOGIN') say('334 VXNlcm5hbWU6')
      else if (line === 'AUTH CRAM-MD5') say('334 PDEyMy40NTZAbWFpbC50ZXN0Pg==')
      else say('235 in')
    } else if (verb === 'DATA') {
      isMail = true
      say('354 go')
    } else if (verb === 'QUIT') {
      heard.push(said)
      socket.end('221 bye\r\n')
    } else if (verb === 'MAIL' || verb === 'RCPT' || verb === 'NOOP') say('250 fine')
    // Answers to what LOGIN and CRAM-MD5 ask.
    else if (said.lines.includes('AUTH LOGIN') && answers++ === 0) say('334 UGFzc3dvcmQ6')
    else say('235 in')
  }
  const attach = () => {
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      rest += bytes.toString('latin1')
      for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
        const line = rest.slice(0, end)
        rest = rest.slice(end + 2)
        take(line)
      }
    })
  }
  attach()
  say('220 mail.test ready')
}

/** The mail with its headers in order of name, and without what is new each time. */
function steady(mail: string): string {
  const boundary = /boundary="?([0-9a-f]+)"?/.exec(mail)?.[1]
  const text = boundary ? mail.replaceAll(boundary, 'BOUNDARY') : mail
  const end = text.indexOf('\n\n')
  const headers = text
    .slice(0, end)
    .split(/\n(?![ \t])/)
    .sort()
    .map((line) =>
      line
        .replace(/^Date: \w{3}, \d\d? \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}$/, 'Date: then')
        .replace(/^Message-Id: <\d+\.\d+@[^>]+>$/, 'Message-Id: its own'),
    )
  return `${headers.join('\n')}${text.slice(end)}`
}

const results = new Map<string, { ours: Heard[]; theirs: Heard[] }>()

beforeAll(async () => {
  const sides: Side[] = []
  for (const name of names) results.set(name, { ours: [], theirs: [] })
  for (const who of ['theirs', 'ours'] as const) {
    const receivers: string[] = []
    for (const [name, one] of Object.entries(CASES)) {
      const heard = results.get(name) as { ours: Heard[]; theirs: Heard[] }
      const port = await listen(one, heard[who])
      receivers.push(
        `- name: ${name}\n  email_configs: [{send_resolved: true, to: ${recipients(name)}, from: from@x.test, smarthost: '127.0.0.1:${port}', ${one.config}}]`,
      )
    }
    const config = `
route:
  receiver: none
  group_by: [alertname]
  group_wait: 500ms
  group_interval: 2s
  routes:
${names.map((name) => `  - {receiver: ${name}, continue: true}`).join('\n')}
receivers:
- name: none
${receivers.join('\n')}
`
    sides.push(await startSide(who, { folder, config }))
  }
  const startsAt = new Date().toISOString()
  const alert = (instance: string, endsAt: string) => ({
    labels: { alertname: 'Disk', instance },
    annotations: { summary: 'full <b> & "ü"' },
    startsAt,
    endsAt,
  })
  const post = (endsAt: string) => postAll(sides, [alert('a:1', endsAt), alert('b:2', endsAt)])
  const hasAll = (count: number) => () =>
    [...results.values()].every(({ ours, theirs }) =>
      [ours, theirs].every((heard) => heard.length >= count),
    )
  try {
    await post(new Date(Date.now() + 600_000).toISOString())
    await waitFor('the first mail of every receiver', hasAll(1))
    await post(new Date(Date.now() - 10).toISOString())
    await waitFor('the second mail of every receiver', hasAll(2))
  } catch (err) {
    const counts = [...results].map(([name, r]) => `${name} ${r.theirs.length}/${r.ours.length}`)
    throw new Error(`${(err as Error).message}: ${counts.join(', ')}`)
  } finally {
    await Promise.all(sides.map(({ stop }) => stop()))
  }
})

afterAll(() => {
  for (const one of open) 'destroy' in one ? one.destroy() : one.close()
  rmSync(folder, { recursive: true, force: true })
})

test.each(names)('%s', (name) => {
  const { ours, theirs } = results.get(name) as { ours: Heard[]; theirs: Heard[] }
  const show = (heard: readonly Heard[]) =>
    heard.map(({ lines, mail }) => ({ lines, mail: steady(mail) }))
  expect(show(theirs)).toHaveLength(2)
  expect(show(ours)).toEqual(show(theirs))
})
