/**
 * Two programs that describe the same machine, which does not stand still: what of their pages disagrees for good.
 * Rounds of scrapes are added until everything has agreed once; what never does is what is wrong.
 */

export interface Page {
  readonly types: Map<string, string>
  readonly helps: Map<string, string>
  readonly samples: Map<string, number>
}

export function parsePage(text: string): Page {
  const page: Page = { types: new Map(), helps: new Map(), samples: new Map() }
  for (const line of text.split('\n')) {
    const about = /^# (HELP|TYPE) (\S+) ?(.*)$/.exec(line)
    if (about) (about[1] === 'HELP' ? page.helps : page.types).set(about[2] ?? '', about[3] ?? '')
    else if (line !== '') {
      const blank = line.lastIndexOf(' ')
      page.samples.set(line.slice(0, blank), Number(line.slice(blank + 1)))
    }
  }
  return page
}

/** Three scrapes, the original's in the middle: what it says lies between what ours says before and after. */
export type Round = readonly [before: Page, theirs: Page, after: Page]

export interface Comparison {
  /** Series and families that are not compared at all. */
  readonly ignored: (key: string) => boolean
  /** Series that come and go by themselves: whether they are there says nothing, nor does their value. */
  readonly fleeting: (key: string) => boolean
  /** Series whose values are not compared. */
  readonly differs: (key: string) => boolean
  /** Families whose help is not compared. */
  readonly reworded: (name: string) => boolean
  /** Gauges that a program moves by looking (its sockets, files and threads), and so may differ all the time. */
  readonly movedByLooking: (key: string) => boolean
}

export interface Disagreement {
  readonly missing: readonly string[]
  readonly extra: readonly string[]
  readonly families: readonly string[]
  readonly values: readonly string[]
}

/** How far a gauge that moves may be from all we have seen of it: this many times, or this much. */
const FACTOR = 2
const DISTANCE = 64

/** All a program has said of one series. */
class Range {
  min = Number.POSITIVE_INFINITY
  max = Number.NEGATIVE_INFINITY

  add(value: number): void {
    this.min = Math.min(this.min, value)
    this.max = Math.max(this.max, value)
  }

  get moves(): boolean {
    return this.min !== this.max
  }

  /** Whether a value is about as large as those seen. */
  isNear(value: number): boolean {
    const low = this.min < 0 ? this.min * FACTOR : this.min / FACTOR
    const high = this.max < 0 ? this.max / FACTOR : this.max * FACTOR
    return !(value < low - DISTANCE || value > high + DISTANCE)
  }
}

export class MovingPages {
  readonly #comparison: Comparison
  readonly #mine = new Map<string, Range>()
  readonly #theirs = new Map<string, Range>()
  readonly #types = new Map<string, string>()
  /** What has been wrong in every round so far; undefined before the first. */
  #missing: Set<string> | undefined
  #extra = new Set<string>()
  #familiesWrong = new Set<string>()
  #valuesWrong = new Set<string>()

  constructor(comparison: Comparison) {
    this.#comparison = comparison
  }

  /** Takes in one more round; what agreed once is not asked again. */
  add(round: Round): void {
    const first = this.#missing === undefined
    for (const page of round) this.#keep(page, page === round[1] ? this.#theirs : this.#mine)
    const missing = this.#missingOf(round)
    const extra = this.#extraOf(round)
    const families = this.#familiesOf(round)
    const values = this.#valuesOf(round)
    const still = (before: Set<string> | undefined, now: string[]) =>
      new Set(first ? now : now.filter((key) => before?.has(key)))
    this.#missing = still(this.#missing, missing)
    this.#extra = still(this.#extra, extra)
    this.#familiesWrong = still(this.#familiesWrong, families)
    this.#valuesWrong = still(this.#valuesWrong, values)
  }

  /** What no round has shown to agree, with both sides' values. */
  disagreement(): Disagreement {
    const show = (range: Range | undefined) => (range ? `${range.min}..${range.max}` : 'nothing')
    return {
      missing: [...(this.#missing ?? [])].sort(),
      extra: [...this.#extra].sort(),
      families: [...this.#familiesWrong].sort(),
      values: [...this.#valuesWrong]
        .filter((key) => !this.#isNear(key))
        .map((key) => `${key}: ${show(this.#mine.get(key))}, not ${show(this.#theirs.get(key))}`)
        .sort(),
    }
  }

  /** How many series of the original were compared. */
  get compared(): number {
    return [...this.#theirs.keys()].filter((key) => this.#isCompared(key)).length
  }

  get agrees(): boolean {
    return Object.values(this.disagreement()).every((list) => list.length === 0)
  }

  #keep(page: Page, into: Map<string, Range>): void {
    for (const [key, value] of page.samples) {
      let range = into.get(key)
      if (range === undefined) into.set(key, (range = new Range()))
      range.add(value)
    }
    for (const [name, type] of page.types) this.#types.set(name, type)
  }

  #isCompared(key: string): boolean {
    return !this.#comparison.ignored(key) && !this.#comparison.fleeting(key)
  }

  #missingOf([before, theirs, after]: Round): string[] {
    return [...theirs.samples.keys()].filter(
      (key) => this.#isCompared(key) && !before.samples.has(key) && !after.samples.has(key),
    )
  }

  #extraOf([before, theirs, after]: Round): string[] {
    return [...before.samples.keys()].filter(
      (key) => this.#isCompared(key) && after.samples.has(key) && !theirs.samples.has(key),
    )
  }

  /** Families that both have in another type or with another help. */
  #familiesOf([before, theirs, after]: Round): string[] {
    const help = (page: Page, name: string) =>
      this.#comparison.reworded(name) ? '' : page.helps.get(name)
    const about = (page: Page, name: string) => `${page.types.get(name)} ${help(page, name)}`
    return [...theirs.types.keys()]
      .filter((name) => this.#isCompared(name))
      .map((name) => [name, about(after.types.has(name) ? after : before, name)] as const)
      .filter(([name, mine]) => mine !== about(theirs, name))
      .map(([name, mine]) => `${name}: ${mine}, not ${about(theirs, name)}`)
  }

  /** Counters only grow, and what stood still while the other looked is the same. */
  #valuesOf([before, theirs, after]: Round): string[] {
    const wrong: string[] = []
    for (const [key, value] of theirs.samples) {
      const low = before.samples.get(key)
      const high = after.samples.get(key)
      if (low === undefined || high === undefined || !this.#isCompared(key)) continue
      if (this.#comparison.differs(key)) continue
      const isCounter = this.#types.get(key.split('{')[0] as string) === 'counter'
      const agrees = isCounter
        ? value >= low && value <= high
        : Object.is(value, low) || Object.is(value, high) || (low < value && value < high)
      if (!agrees) wrong.push(key)
    }
    return wrong
  }

  /** Whether a series is a gauge that moves, and what the others say of it is about what we say. */
  #isNear(key: string): boolean {
    const mine = this.#mine.get(key)
    const theirs = this.#theirs.get(key)
    if (mine === undefined || theirs === undefined) return false
    if (this.#types.get(key.split('{')[0] as string) === 'counter') return false
    if (!mine.moves && !theirs.moves && !this.#comparison.movedByLooking(key)) return false
    return mine.isNear(theirs.min) || mine.isNear(theirs.max)
  }
}
