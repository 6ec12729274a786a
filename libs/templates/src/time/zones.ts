/** Time zones by IANA name, from the tables that come with the JavaScript engine. */

export interface Zone {
  /** As `Location().String()` prints it: UTC, Local or the IANA name. */
  readonly name: string
  /** The rule in force at this instant. */
  at(unixMs: number): { readonly offsetSeconds: number; readonly abbreviation: string }
}

export const UTC_ZONE: Zone = {
  name: 'UTC',
  at: () => ({ offsetSeconds: 0, abbreviation: 'UTC' }),
}

/** Zones are made once; there are fewer than this many names. */
const ZONES_MAX = 1024
// Which of these knows an abbreviation depends on the part of the world.
const LOCALES = ['en-US', 'en-GB', 'en-AU', 'en-ZA', 'en-IN', 'en-NZ', 'ja-JP']

const zones = new Map<string, Zone>()

/** Undefined for an unknown name; '' and UTC are UTC, Local the zone of the machine. */
export function loadZone(name: string): Zone | undefined {
  if (name === '' || name === 'UTC') return UTC_ZONE
  const known = zones.get(name)
  if (known) return known
  // Only what could be a file of the zone database: the engine also takes "+01:00".
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(name)) return undefined
  const timeZone = name === 'Local' ? Intl.DateTimeFormat().resolvedOptions().timeZone : name
  let zone: Zone
  try {
    zone = createZone(name, timeZone)
  } catch {
    return undefined
  }
  if (zones.size < ZONES_MAX) zones.set(name, zone)
  return zone
}

/** A zone that always has the same distance from UTC. */
export function fixedZone(abbreviation: string, offsetSeconds: number): Zone {
  return { name: abbreviation, at: () => ({ offsetSeconds, abbreviation }) }
}

function createZone(name: string, timeZone: string): Zone {
  const offsets = formatter('en-US', timeZone, 'longOffset')
  const names = LOCALES.map((locale) => formatter(locale, timeZone, 'short'))
  return {
    name,
    at: (unixMs) => {
      const offsetSeconds = parseOffset(zonePart(offsets, unixMs))
      for (const format of names) {
        const abbreviation = zonePart(format, unixMs)
        if (/^[A-Z]{2,5}$/.test(abbreviation) && !isBareGmt(abbreviation, offsetSeconds)) {
          return { offsetSeconds, abbreviation }
        }
      }
      return { offsetSeconds, abbreviation: printOffset(offsetSeconds) }
    },
  }
}

function isBareGmt(abbreviation: string, offsetSeconds: number): boolean {
  return abbreviation === 'GMT' && offsetSeconds !== 0
}

function formatter(locale: string, timeZone: string, timeZoneName: 'short' | 'longOffset') {
  return new Intl.DateTimeFormat(locale, { timeZone, timeZoneName, year: 'numeric' })
}

function zonePart(format: Intl.DateTimeFormat, unixMs: number): string {
  return format.formatToParts(unixMs).find((part) => part.type === 'timeZoneName')?.value ?? ''
}

function parseOffset(text: string): number {
  const match = /^GMT([+-])(\d{2}):(\d{2})(?::(\d{2}))?$/.exec(text)
  if (!match) return 0
  const size = Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4] ?? 0)
  return match[1] === '-' ? -size : size
}

/** As the zone database names zones without letters: -03, +0530. */
function printOffset(offsetSeconds: number): string {
  const minutes = Math.round(Math.abs(offsetSeconds) / 60)
  const hours = String(Math.floor(minutes / 60)).padStart(2, '0')
  const rest = minutes % 60 === 0 ? '' : String(minutes % 60).padStart(2, '0')
  return `${offsetSeconds < 0 ? '-' : '+'}${hours}${rest}`
}
