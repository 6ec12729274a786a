import { queryMemory } from './query-memory.ts'

const MIB = 1024 * 1024

const f = (
  all: number | undefined,
  one: number | undefined,
  machine: number,
  expected: readonly [number, number],
) => {
  const flags = { queryMaxMemory: all, queryMaxMemoryPerQuery: one }
  const { memoryMaxBytes, memoryPerQueryBytes } = queryMemory(flags, machine)
  expect([memoryMaxBytes, memoryPerQueryBytes]).toEqual(expected)
}

test('queries get a quarter of the machine unless flags say otherwise', () => {
  f(undefined, undefined, 8192 * MIB, [2048 * MIB, 1024 * MIB])
  f(undefined, undefined, 0, [512 * MIB, 256 * MIB])
  f(100 * MIB, undefined, 8192 * MIB, [100 * MIB, 50 * MIB])
  f(undefined, 10 * MIB, 8192 * MIB, [2048 * MIB, 10 * MIB])
  f(0, undefined, 8192 * MIB, [0, 1024 * MIB]) // No limit for all, still one for each.
  f(0, 0, 8192 * MIB, [0, 0])
})
