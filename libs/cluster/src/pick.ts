import type { Random } from '@prom/runtime'

/** Up to `count` of the items, in random order. */
export function pick<T>(items: readonly T[], count: number, random: Random): T[] {
  const left = [...items]
  const picked: T[] = []
  while (left.length > 0 && picked.length < count) {
    picked.push(...left.splice(Math.floor(random.next() * left.length), 1))
  }
  return picked
}
