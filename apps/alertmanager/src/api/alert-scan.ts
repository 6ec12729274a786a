/**
 * The body of POST /api/v2/alerts in the form nearly all clients send: one pass over the text that finds where the
 * label sets, annotations and times are. Those of an alert that was posted before are known by their text and
 * are not read again. Whatever looks unusual is left to the complete decoder, which also finds the words for faults.
 */
import { fingerprint } from '@prom/alerting'
import { Labels } from '@prom/labels'
import { parseRfc3339 } from '@prom/model'
import { isUri, mapOf, type PostedAlert } from './alert-decode.ts'
import { labelPairs } from './decode.ts'

/** Alerts of one body, in order. */
export class ScannedAlerts {
  readonly alerts: readonly PostedAlert[]

  constructor(alerts: readonly PostedAlert[]) {
    this.alerts = alerts
  }
}

/** One label set, and what was last posted with it. */
interface Known {
  readonly pairs: readonly string[]
  readonly labels: Labels
  readonly fingerprint: string
  annotationsText: string
  annotations: ReadonlyMap<string, string>
  generatorUrl: string
}

const NO_ANNOTATIONS: ReadonlyMap<string, string> = new Map()
const LABELS_PLACE = { body: 'alerts', field: 'Alert.labels' }
const ANNOTATIONS_PLACE = { body: 'alerts', field: '.annotations' }

export class AlertScanner {
  /** By the text of their labels. What was not used while the newer half filled up is forgotten. */
  #newer = new Map<string, Known>()
  #older = new Map<string, Known>()
  #characters = 0
  readonly #isLabelName: (name: string) => boolean
  readonly #charactersMax: number
  readonly #times = new Map<string, number>()

  /** Remembers label sets and annotations of up to twice that many characters. */
  constructor(isLabelName: (name: string) => boolean, charactersMax = 8 * 1024 * 1024) {
    this.#isLabelName = isLabelName
    this.#charactersMax = charactersMax
  }

  /** Undefined when the body is not in the usual form. */
  scan(text: string): ScannedAlerts | undefined {
    const at = skipSpace(text, 0)
    if (text.charCodeAt(at) !== OPEN_LIST) return undefined
    const scan = { text, at: at + 1 }
    const alerts: PostedAlert[] = []
    for (;;) {
      scan.at = skipSpace(text, scan.at)
      const alert = this.#alert(scan)
      if (!alert) return undefined
      alerts.push(alert)
      scan.at = skipSpace(text, scan.at)
      const next = text.charCodeAt(scan.at++)
      if (next === COMMA) continue
      if (next !== CLOSE_LIST || skipSpace(text, scan.at) !== text.length) return undefined
      return new ScannedAlerts(alerts)
    }
  }

  #alert(scan: Scan): PostedAlert | undefined {
    const { text } = scan
    if (text.charCodeAt(scan.at++) !== OPEN) return undefined
    let labels: string | undefined
    let annotations: string | undefined
    let startsAt: string | undefined
    let endsAt: string | undefined
    let url: string | undefined
    for (;;) {
      const key = plainString(scan)
      if (key === undefined || !colon(scan)) return undefined
      if (key === 'labels' && labels === undefined) labels = pairsText(scan)
      else if (key === 'annotations' && annotations === undefined) annotations = pairsText(scan)
      else {
        const value = plainString(scan)
        if (value === undefined) return undefined
        if (key === 'startsAt' && startsAt === undefined) startsAt = value
        else if (key === 'endsAt' && endsAt === undefined) endsAt = value
        else if (key === 'generatorURL' && url === undefined) url = value
        else return undefined
      }
      scan.at = skipSpace(text, scan.at)
      const next = text.charCodeAt(scan.at++)
      if (next === CLOSE) break
      if (next !== COMMA) return undefined
    }
    if (labels === undefined) return undefined
    const startsAtMs = this.#time(startsAt)
    const endsAtMs = this.#time(endsAt)
    const known = this.#known(labels)
    if (!known || startsAtMs === FAULT || endsAtMs === FAULT) return undefined
    if (!this.#annotate(known, annotations ?? '{}')) return undefined
    if (url !== undefined && url !== known.generatorUrl) {
      if (!isUri(url)) return undefined
      known.generatorUrl = ownCopy(url)
    }
    return {
      pairs: known.pairs,
      identity: known,
      annotations: known.annotations,
      startsAtMs,
      endsAtMs,
      generatorUrl: url === undefined ? '' : known.generatorUrl,
    }
  }

  #known(text: string): Known | undefined {
    let known = this.#newer.get(text)
    if (known) return known
    known = this.#older.get(text)
    if (!known) {
      const pairs = this.#pairs(text, LABELS_PLACE)
      // Labels without a value, or none at all, have rules of their own.
      if (!pairs || pairs.length === 0 || pairs.includes('')) return undefined
      const labels = Labels.fromSortedFlat(pairs)
      known = {
        pairs,
        labels,
        fingerprint: fingerprint(labels),
        annotationsText: '{}',
        annotations: NO_ANNOTATIONS,
        generatorUrl: '',
      }
    }
    this.#count(text.length)
    this.#newer.set(ownCopy(text), known)
    return known
  }

  #annotate(known: Known, text: string): boolean {
    if (known.annotationsText === text) return true
    const pairs = this.#pairs(text, ANNOTATIONS_PLACE)
    if (!pairs) return false
    this.#count(text.length)
    known.annotationsText = ownCopy(text)
    known.annotations = pairs.length === 0 ? NO_ANNOTATIONS : mapOf(pairs)
    return true
  }

  #pairs(text: string, place: typeof LABELS_PLACE): readonly string[] | undefined {
    let pairs: readonly string[]
    try {
      pairs = labelPairs(JSON.parse(text), place) ?? []
    } catch {
      return undefined
    }
    for (let i = 0; i < pairs.length; i += 2) {
      if (!this.#isLabelName(pairs[i] as string)) return undefined
    }
    return pairs
  }

  #count(characters: number): void {
    this.#characters += characters
    if (this.#characters < this.#charactersMax) return
    this.#older = this.#newer
    this.#newer = new Map()
    this.#characters = 0
  }

  /** Alerts of one body mostly share their times. */
  #time(text: string | undefined): number | undefined {
    if (text === undefined) return undefined
    let ms = this.#times.get(text)
    if (ms === undefined) {
      ms = parseRfc3339(text) ?? FAULT
      // Zero and odd times have rules of their own.
      if (!(ms > 0)) return FAULT
      if (this.#times.size >= TIMES_MAX) this.#times.clear()
      this.#times.set(ownCopy(text), ms)
    }
    return ms
  }
}

const FAULT = Number.NEGATIVE_INFINITY
const TIMES_MAX = 100
const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_LIST = 0x5b
const BACKSLASH = 0x5c
const CLOSE_LIST = 0x5d
const OPEN = 0x7b
const CLOSE = 0x7d

interface Scan {
  readonly text: string
  at: number
}

function skipSpace(text: string, from: number): number {
  let at = from
  for (;;) {
    const code = text.charCodeAt(at)
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return at
    at++
  }
}

function colon(scan: Scan): boolean {
  scan.at = skipSpace(scan.text, scan.at)
  return scan.text.charCodeAt(scan.at++) === COLON
}

/** A string without escapes and control characters. */
function plainString(scan: Scan): string | undefined {
  const { text } = scan
  const start = skipSpace(text, scan.at)
  if (text.charCodeAt(start) !== QUOTE) return undefined
  const end = text.indexOf('"', start + 1)
  if (end < 0) return undefined
  for (let i = start + 1; i < end; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x20 || code === BACKSLASH) return undefined
  }
  scan.at = end + 1
  return text.slice(start + 1, end)
}

/** The text of an object of strings, up to where it ends; whether it is good JSON is not looked at. */
function pairsText(scan: Scan): string | undefined {
  const { text } = scan
  const start = skipSpace(text, scan.at)
  if (text.charCodeAt(start) !== OPEN) return undefined
  for (let at = start + 1; ; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      at = stringEnd(text, at)
      if (at < 0) return undefined
    } else if (code === CLOSE) {
      scan.at = at + 1
      return text.slice(start, at + 1)
      // Lists and objects within, and the end of the text.
    } else if (code === OPEN || code === OPEN_LIST || !(code > 0)) return undefined
  }
}

/** Where the string that begins at `start` has its closing quote. */
function stringEnd(text: string, start: number): number {
  for (let at = start; ; ) {
    at = text.indexOf('"', at + 1)
    if (at < 0 || text.charCodeAt(at - 1) !== BACKSLASH) return at
    let backslashes = 1
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++
    if (backslashes % 2 === 0) return at
  }
}

/** A part of a text keeps the whole text in memory; what follows the first character of a joined one does not. */
function ownCopy(part: string): string {
  return ` ${part}`.slice(1)
}
