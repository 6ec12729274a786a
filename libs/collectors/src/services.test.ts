import { createSocket } from 'node:dgram'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClock, createFiles } from '@prom/runtime/node'
import { recordLog } from '@prom/testkit'
import type { CollectorDefinition, CollectorDeps } from './collector.ts'
import { collectors } from './collectors.ts'
import { DbusConnection } from './dbus.ts'
import { DbusReader, DbusWriter } from './dbus-message.ts'
import { createFlagValues } from './flag-table.ts'
import { Page } from './page.ts'
import { parseFallback } from './testing/fallback.ts'

const folder = mkdtempSync(join(tmpdir(), 'services-'))
const closing: (() => void)[] = []
afterAll(() => {
  for (const close of closing) close()
  rmSync(folder, { recursive: true, force: true })
})

const net = {
  connect: (options: Parameters<typeof connect>[0]) => connect(options as never),
  createServer: (on: never) => createServer(on),
  createDatagram: (type: 'udp4' | 'udp6') => createSocket(type),
}

function make(name: string, values: Record<string, string | number>) {
  const definition = collectors.find((one) => one.name === name) as CollectorDefinition
  const flags = createFlagValues(
    new Map(Object.entries(values)),
    new Map((definition.flags ?? []).map((flag) => [flag.name, parseFallback(flag)])),
  )
  return definition.create({
    net,
    flags,
    files: createFiles(),
    clock: createClock(),
    log: recordLog(),
  } as unknown as CollectorDeps)
}

async function samples(name: string, values: Record<string, string | number>): Promise<string[]> {
  const page = new Page()
  await make(name, values)(page, new AbortController().signal)
  return page
    .families()
    .flatMap(({ name, points }) => points.map(({ labels, value }) => `${name} ${labels} ${value}`))
}

function listen(server: Server, where: string | number): Promise<void> {
  closing.push(() => server.close())
  return new Promise((resolve) => server.listen(where as number, resolve))
}

test('values of D-Bus are read by their signatures', () => {
  const bytes = new DbusWriter().string('ab').uint32(7).finish()
  expect(new DbusReader(bytes, 0).readAll('su')).toEqual(['ab', 7])
  const list = Buffer.concat([Buffer.from([16, 0, 0, 0, 0, 0, 0, 0]), Buffer.alloc(0)])
  const row = new DbusWriter().uint32(5).string('x\0y').finish()
  expect(() => new DbusReader(list, 0).readAll('a(us)')).toThrow('cut')
  expect(new DbusReader(row, 0).readAll('us')).toEqual([5, 'x\0y'])
})

test('a method is called and answered, and an error is one', async () => {
  const path = join(folder, 'bus')
  const server = createServer((socket) => {
    let isOpen = false
    socket.on('data', (piece) => {
      if (!isOpen) {
        if (piece.toString('latin1').includes('AUTH EXTERNAL')) socket.write('OK 1234\r\n')
        if (!piece.toString('latin1').includes('BEGIN')) return
        isOpen = true
        piece = piece.subarray(piece.indexOf('BEGIN\r\n') + 7)
      }
      // One message per piece is what our client sends.
      if (piece.length === 0) return
      const serial = piece.readUInt32LE(8)
      const isGood = piece.includes('GoodMethod')
      const body = new DbusWriter().string(isGood ? 'yes' : 'no such method').finish()
      const head = new DbusWriter()
      head.bytes(Buffer.from(['l'.charCodeAt(0), isGood ? 2 : 3, 0, 1]))
      head.uint32(body.length).uint32(1)
      const fields = Buffer.from([
        5,
        1,
        'u'.charCodeAt(0),
        0,
        0,
        0,
        0,
        0,
        8,
        1,
        'g'.charCodeAt(0),
        0,
        1,
        's'.charCodeAt(0),
        0,
      ])
      fields.writeUInt32LE(serial, 4)
      head.uint32(fields.length).bytes(fields).bytes(Buffer.alloc(1))
      socket.write(Buffer.concat([head.finish(), body]))
    })
  })
  await listen(server, path)
  const { signal } = new AbortController()
  const bus = await DbusConnection.open({ net: net as never, files: createFiles() }, path, {
    isBus: false,
    signal,
  })
  const call = { path: '/', interface: 'a.b' }
  expect(await bus.call({ ...call, member: 'GoodMethod', args: ['x'] })).toEqual(['yes'])
  await expect(bus.call({ ...call, member: 'Bad' })).rejects.toThrow('no such method')
  bus.close()
})

test('no bus is an error that names the socket', async () => {
  const { signal } = new AbortController()
  const path = join(folder, 'nothing')
  await expect(
    DbusConnection.open({ net: net as never, files: createFiles() }, path, { isBus: true, signal }),
  ).rejects.toThrow(`dial unix ${path}: connect: no such file or directory`)
})

test('supervisord tells its processes', async () => {
  const member = (name: string, value: string) =>
    `<member><name>${name}</name><value>${value}</value></member>`
  const struct = (name: string, state: number) =>
    `<value><struct>${member('name', `<string>${name}</string>`)}${member('group', '<string>g</string>')}${member('state', `<int>${state}</int>`)}${member('exitstatus', '<int>3</int>')}${member('start', '<int>1700</int>')}</struct></value>`
  const body = `<?xml version='1.0'?><methodResponse><params><param><value><array><data>${struct('a&amp;b', 20)}${struct('c', 0)}</data></array></value></param></params></methodResponse>`
  const path = join(folder, 'supervisor')
  await listen(
    createServer((socket) => {
      socket.once('data', () => socket.end(`HTTP/1.0 200 OK\r\n\r\n${body}`))
    }),
    path,
  )
  expect(await samples('supervisord', { 'collector.supervisord.url': `unix://${path}` })).toEqual([
    'node_supervisord_state group,g,name,a&b 20',
    'node_supervisord_state group,g,name,c 0',
    'node_supervisord_exit_status group,g,name,a&b 3',
    'node_supervisord_exit_status group,g,name,c 3',
    'node_supervisord_up group,g,name,a&b 1',
    'node_supervisord_up group,g,name,c 0',
    'node_supervisord_start_time_seconds group,g,name,a&b 1700',
  ])
})

test('a time server is asked, and another than a local one is refused', async () => {
  const server = createSocket('udp4')
  closing.push(() => server.close())
  server.on('message', (request, { port, address }) => {
    const answer = Buffer.alloc(48)
    answer.writeUInt8((4 << 3) | 4, 0)
    answer.writeUInt8(2, 1)
    request.copy(answer, 24, 40, 48)
    request.copy(answer, 32, 40, 48)
    request.copy(answer, 40, 40, 48)
    server.send(answer, port, address)
  })
  await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve))
  const got = await samples('ntp', { 'collector.ntp.server-port': server.address().port })
  expect(got).toContain('node_ntp_stratum  2')
  expect(got.map((line) => line.split(' ')[0])).toHaveLength(8)
  expect(() => make('ntp', { 'collector.ntp.server': '192.0.2.1' })).toThrow(
    'only IP address of local NTP server',
  )
})
