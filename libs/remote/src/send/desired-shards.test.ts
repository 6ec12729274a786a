import { desiredShards, type ShardFacts } from './desired-shards.ts'

const facts: ShardFacts = {
  ...{ shards: 4, minShards: 1, maxShards: 50 },
  ...{ inRate: 1000, outRate: 1000, droppedRate: 0, sendSeconds: 4, delaySeconds: 0 },
}

test('as many shards as sending needs, unless that is close to what there is', () => {
  const f = (change: Partial<ShardFacts>, expected: number) =>
    expect(desiredShards({ ...facts, ...change }).shards).toBe(expected)
  f({}, 4)
  f({ sendSeconds: 5 }, 4) // Within a third.
  f({ sendSeconds: 8 }, 8)
  f({ sendSeconds: 1 }, 1)
  f({ sendSeconds: 1, delaySeconds: 11 }, 4) // Catching up: not fewer yet.
  f({ delaySeconds: 60 }, 16) // A backlog of 60,000.
  f({ sendSeconds: 400 }, 50)
  f({ outRate: 0 }, 4)
  f({ droppedRate: 1000, inRate: 2000 }, 4) // Half is dropped before it is sent.
})
