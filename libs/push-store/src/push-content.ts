/** What a push brings, read and packed: everything that can be done without looking at what is there already. */
import { decodeFamiliesInSteps, type FamilyOptions, parseFamiliesInSteps } from '@prom/exposition'
import type { MetricFamily } from '@prom/metrics'
import { atOnce } from '@prom/runtime'
import { FamilyPacker } from './family-packer.ts'
import { findRepeats } from './label-table.ts'
import type { PackedFamily } from './packed-family.ts'

export interface PushContent {
  /** Of the group: flat pairs, sorted by name. */
  readonly labels: readonly string[]
  readonly families: readonly PackedFamily[]
  /** Whether some sample has a timestamp: such a push is refused. */
  readonly hasTimes: boolean
  /** What is wrong with the samples themselves. */
  readonly faults: readonly string[]
  /** By family: offsets of samples whose labels come more than once. */
  readonly repeats: ReadonlyMap<string, readonly number[]>
}

/** Reads a body in the text format, with pauses. Throws ExpositionError. */
export function* readText(
  body: Uint8Array,
  labels: readonly string[],
  options: FamilyOptions & { readonly seed?: number } = {},
): Generator<undefined, PushContent> {
  const create = (name: string) => new FamilyPacker(name, labels)
  const packers = yield* parseFamiliesInSteps(body, { ...options, create })
  return yield* packAll(packers, labels, options.seed)
}

/** Reads a body of delimited protobuf messages, with pauses; a family that comes again replaces the one before. */
export function* readProtobuf(
  body: Uint8Array,
  labels: readonly string[],
  seed?: number,
): Generator<undefined, PushContent> {
  const packers = yield* decodeFamiliesInSteps(body, (header) => {
    const packer = new FamilyPacker(header.name, labels)
    return Object.assign(packer, { help: header.help, type: header.type, unit: header.unit })
  })
  const byName = new Map(packers.map((packer) => [packer.name, packer]))
  return yield* packAll([...byName.values()], labels, seed)
}

/** Families that the gateway makes itself; from a file they come with all their labels. */
export function packFamilies(
  families: readonly MetricFamily[],
  labels: readonly string[],
  isNew = true,
): PackedFamily[] {
  const packers = families.map(({ name, help, type, points }) => {
    const packer = Object.assign(new FamilyPacker(name, labels, isNew), { help, type })
    for (const point of points) packer.addPoint(point)
    return packer
  })
  return FamilyPacker.pack(packers)
}

/** As the readers make it, from families at hand. */
export function contentOf(
  families: readonly MetricFamily[],
  labels: readonly string[],
): PushContent {
  const packed = packFamilies(families, labels)
  const hasTimes = families.some(({ points }) => points.some(({ timeMs }) => timeMs !== undefined))
  return atOnce(describe(packed, labels, { hasTimes, faults: [] }))
}

function* packAll(
  packers: readonly FamilyPacker[],
  labels: readonly string[],
  seed?: number,
): Generator<undefined, PushContent> {
  for (const packer of packers) yield* packer.finish()
  const hasTimes = packers.some((packer) => packer.hasTimes)
  const faults = packers.flatMap((packer) => packer.faults)
  return yield* describe(FamilyPacker.pack(packers), labels, { hasTimes, faults }, seed)
}

function* describe(
  families: readonly PackedFamily[],
  labels: readonly string[],
  facts: Pick<PushContent, 'hasTimes' | 'faults'>,
  seed = 0,
): Generator<undefined, PushContent> {
  const repeats = new Map<string, readonly number[]>()
  for (const family of families) {
    const found = yield* findRepeats(family, seed)
    if (found.length > 0) repeats.set(family.name, found)
  }
  return { labels, families, ...facts, repeats }
}
