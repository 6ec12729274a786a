// `npm run inbox`: where the demo's notifications arrive. A webhook on :5001 and a mail server on :2525 that
// print one JSON line for each notification; nothing leaves this machine. Slack's messages arrive as webhooks, too.
//
//   npm run inbox -- [--webhook-port=5001] [--smtp-port=2525]
import { createServer } from 'node:http'
import { parseArgs } from 'node:util'
import { SMTPServer } from 'smtp-server'

const BODY_LIMIT_BYTES = 4 << 20
const { values } = parseArgs({
  options: {
    'webhook-port': { type: 'string', default: '5001' },
    'smtp-port': { type: 'string', default: '2525' },
  },
})
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)

async function readAll(stream) {
  const pieces = []
  let size = 0
  for await (const piece of stream) {
    size += piece.length
    if (size > BODY_LIMIT_BYTES) throw new Error('body too large')
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

const webhook = createServer(async (request, response) => {
  try {
    const body = JSON.parse(await readAll(request))
    say({
      via: 'webhook',
      path: request.url,
      ...(body.alerts
        ? {
            status: body.status,
            groupKey: body.groupKey,
            alerts: body.alerts.map(({ status, labels, annotations }) => ({
              status,
              labels,
              annotations,
            })),
          }
        : { body }),
    })
    response.end()
  } catch (err) {
    response.writeHead(400)
    response.end(err.message)
  }
})
webhook.listen(Number(values['webhook-port']), '127.0.0.1')

const mail = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS'],
  async onData(stream, session, done) {
    const text = await readAll(stream)
    const subject = /^Subject: ((?:.*)(?:\r\n[ \t].*)*)/m
      .exec(text)?.[1]
      ?.replace(/\r\n[ \t]+/g, ' ')
    say({
      via: 'email',
      from: session.envelope.mailFrom.address,
      to: session.envelope.rcptTo.map(({ address }) => address),
      subject,
    })
    done()
  },
})
mail.listen(Number(values['smtp-port']), '127.0.0.1')

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    webhook.close()
    webhook.closeAllConnections()
    mail.close(() => process.exit(0))
  })
}
