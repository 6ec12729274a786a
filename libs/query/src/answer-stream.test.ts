import { AnswerStream } from './answer-stream.ts'
import type { PieceEvent } from './messages.ts'

const own = (text: string): PieceEvent => ({ bytes: Uint8Array.from(Buffer.from(text)) })
const textOf = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString()

function setUp() {
  const counted: number[] = []
  return { counted, stream: new AnswerStream((bytes) => counted.push(bytes)) }
}

test('pieces come in order, whether they are there before they are asked for or not', async () => {
  const { stream } = setUp()
  stream.add(own('a'))
  stream.add(own('b'))
  expect(textOf((await stream.next())?.bytes)).toBe('a')
  expect(textOf((await stream.next())?.bytes)).toBe('b')
  const third = stream.next()
  stream.add(own('c'))
  expect(textOf((await third)?.bytes)).toBe('c')
  const last = stream.next()
  stream.end()
  expect(await last).toBeUndefined()
  expect(await stream.next()).toBeUndefined()
})

test('a failure comes behind what is there', async () => {
  const { stream } = setUp()
  stream.add(own('a'))
  stream.fail(new Error('lost'))
  expect(textOf((await stream.next())?.bytes)).toBe('a')
  await expect(stream.next()).rejects.toThrow('lost')
})

test('shared pieces are given back once, own ones counted until they are released', async () => {
  const { stream, counted } = setUp()
  const buffer = new SharedArrayBuffer(64)
  const words = new Int32Array(buffer)
  words[1] = 1
  stream.add({ shared: { buffer, at: 16, length: 4, word: 4 } })
  stream.add(own('abc'))
  const shared = await stream.next()
  expect([shared?.bytes.length, words[1]]).toEqual([4, 1])
  shared?.release()
  expect(words[1]).toBe(0)
  words[1] = 1 // The thread has taken it again.
  shared?.release()
  expect(words[1]).toBe(1)
  const piece = await stream.next()
  piece?.release()
  piece?.release()
  expect(counted).toEqual([3, -3])
})

test('what nobody wants any more is released, and what still comes too', () => {
  const { stream, counted } = setUp()
  stream.add(own('ab'))
  stream.giveUp()
  stream.add(own('c'))
  expect(counted).toEqual([2, -2, 1, -1])
})
