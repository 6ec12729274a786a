import { Walk } from './testing/walk.ts'

// Every second walk takes samples out of order. 10,000 steps in all; WALK_SEED repeats one walk, WALKS and WALK_STEPS make more and longer ones.
const SEED = process.env.WALK_SEED
const STEPS = Number(process.env.WALK_STEPS ?? 1000)
const seeds = SEED
  ? [Number(SEED)]
  : Array.from({ length: Number(process.env.WALKS ?? 10) }, (_, i) => i + 1)

test.each(seeds)(
  'a random walk agrees with the naive model at every step, seed %i',
  async (seed) => {
    const walk = new Walk(seed, seed % 2 === 0 ? 0 : 90 * 60_000)
    try {
      await walk.run(STEPS)
    } catch (err) {
      const last = walk.steps.slice(-12).join(', ')
      throw new Error(`WALK_SEED=${seed}: ${(err as Error).message}; after ${last}`, { cause: err })
    }
    if (STEPS >= 1000) {
      expect(walk.seen.deaths).toBeGreaterThan(10)
      expect(walk.seen.refusals).toBeGreaterThan(3)
      expect(walk.seen.blocks).toBeGreaterThan(3)
      expect(walk.seen.threaded).toBeGreaterThan(0)
      expect(walk.seen.samples).toBeGreaterThan(2000)
      if (seed % 2 === 1) expect(walk.seen.late).toBeGreaterThan(20)
      expect(walk.seen.queries).toBeGreaterThan(10)
    }
  },
  120_000,
)
