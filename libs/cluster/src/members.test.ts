import { Members } from './members.ts'
import { type Message, Unpacker } from './msgpack.ts'
import { encode, PING, partsOf } from './wire.ts'

const utf8 = (text: string) => new TextEncoder().encode(text)
const ADDRESS = Uint8Array.of(10, 0, 0, 1)

function setUp() {
  const heard: string[] = []
  const told: string[] = []
  const members = new Members({ name: 'me', address: ADDRESS, port: 1 }, () => 0, {
    tell: (message, subject) => {
      const type = partsOf(message)[0]?.type
      told.push(`${type} ${subject}`)
    },
    joined: ({ name }) => heard.push(`joined ${name}`),
    gone: ({ name, state }) => heard.push(`${state} ${name}`),
    suspected: ({ name }) => heard.push(`suspected ${name}`),
    conflict: (name) => heard.push(`conflict ${name}`),
  })
  const alive = (name: string, incarnation: number, port = 2): Message => ({
    Node: utf8(name),
    Addr: ADDRESS,
    Port: port,
    Incarnation: incarnation,
    Meta: null,
    Vsn: Uint8Array.of(1, 5, 2, 0, 0, 0),
  })
  return { members, heard, told, alive }
}

test('a member joins, is suspected, found dead, and comes back with a later incarnation', () => {
  const { members, heard, alive } = setUp()
  members.alive(alive('a', 1))
  members.alive(alive('a', 1))
  members.suspect('a', 1, 'b')
  members.suspect('a', 1, 'c')
  members.dead('a', 1, 'b')
  members.alive(alive('a', 1))
  expect(members.present().map(({ name }) => name)).toEqual(['me'])
  members.alive(alive('a', 2))
  expect(heard).toEqual(['joined a', 'suspected a', 'suspected a', 'dead a', 'joined a'])
})

test('a goodbye is no death, and old news changes nothing', () => {
  const { members, heard, alive } = setUp()
  members.alive(alive('a', 5))
  members.suspect('a', 4, 'b')
  members.dead('a', 4, 'a')
  members.dead('a', 5, 'a')
  expect(heard).toEqual(['joined a', 'left a'])
})

test('whoever says that we are gone hears that we are not', () => {
  const { members, told } = setUp()
  members.suspect('me', 1, 'b')
  members.dead('me', 7, 'b')
  expect(members.self.incarnation).toBe(8)
  expect(members.self.state).toBe('alive')
  expect(told).toEqual(['4 me', '4 me'])
  members.isLeaving = true
  members.dead('me', 8, 'me')
  expect(members.self.state).toBe('left')
})

test('two addresses under one name are a conflict as long as the first is there', () => {
  const { members, heard, alive } = setUp()
  members.alive(alive('a', 1, 2))
  members.alive(alive('a', 9, 3))
  members.dead('a', 1, 'b')
  members.alive(alive('a', 9, 3))
  expect(heard).toEqual(['joined a', 'conflict a', 'dead a', 'joined a'])
})

test('what another believes is merged, its dead only as suspects', () => {
  const { members, alive } = setUp()
  members.alive(alive('b', 1))
  const node = (name: string, state: number): Message => {
    const { Node: _node, ...rest } = alive(name, 1)
    return { ...rest, Name: utf8(name), State: state }
  }
  members.merge([node('a', 0), node('b', 2), node('c', 3)])
  expect(members.all().map(({ name, state }) => `${name} ${state}`)).toEqual([
    'me alive',
    'b suspect',
    'a alive',
  ])
})

test('an encoded message reads as it was meant', () => {
  const { members } = setUp()
  const [part] = partsOf(members.aliveMessage(members.self))
  const read = new Unpacker((part as { body: Uint8Array }).body).message()
  expect([...(read.Addr as Uint8Array)]).toEqual([10, 0, 0, 1])
  expect(encode(PING, { SeqNo: 1 })[0]).toBe(PING)
})
