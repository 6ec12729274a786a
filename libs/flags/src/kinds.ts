/** What a flag or argument may hold, and how its text is read. Error texts are kingpin's and Go's. */
import {
  parseBytes,
  parseDuration,
  parseFloatGo,
  parseGoDuration,
  printBytes,
  printDuration,
  printGoDuration,
  quoteGo,
} from '@prom/model'

export interface Kind<T> {
  /** Throws an Error with the text the user sees. */
  parse(text: string): T
  /** Takes no value: `--x`, `--no-x`. */
  readonly isBoolean?: boolean
  /** Plain text: help quotes its default. */
  readonly isText?: boolean
  /** As `status/flags` shows a value; default: String. */
  readonly print?: (value: T) => string
}

export const text: Kind<string> = { parse: (value) => value, isText: true }

/** Text whose default help does not quote (kingpin's URLs, files and custom values). */
export const word: Kind<string> = { parse: (value) => value }

export const boolean: Kind<boolean> = { parse: (value) => value === 'true', isBoolean: true }

/** Compat: the originals read whole numbers as floats and cut them. */
export const integer: Kind<number> = { parse: (value) => Math.trunc(parseFloatText(value)) }

export const float: Kind<number> = { parse: parseFloatText }

/** Milliseconds, written as Prometheus durations: `1d`, `5m`, `1h30m`. */
export const duration: Kind<number> = {
  parse: (value) => orThrow(parseDuration(value)).ms,
  print: printDuration,
}

/** Milliseconds, written as Go durations: `1h0m0s`, `200ms`; days and weeks are taken. */
export const goDuration: Kind<number> = {
  parse: (value) => orThrow(parseGoDuration(value, { isFlag: true })).ns / 1e6,
  print: (value) => printGoDuration(value * 1e6),
}

/** The same without days and weeks, as the programs of older releases have it. */
export const plainGoDuration: Kind<number> = {
  parse: (value) => orThrow(parseGoDuration(value)).ns / 1e6,
  print: (value) => printGoDuration(value * 1e6),
}

/** Bytes, unit required: `512MB`, powers of two. */
export const byteSize: Kind<number> = {
  parse: (value) => orThrow(parseBytes(value)).bytes,
  print: printBytes,
}

export function oneOf<const T extends string>(...values: readonly T[]): Kind<T> {
  return {
    parse: (value) => {
      const found = values.find((known) => known === value)
      if (found === undefined) {
        throw new Error(`enum value must be one of ${values.join(',')}, got '${value}'`)
      }
      return found
    },
  }
}

/** A path that must exist; `exists` asks the host. */
export function existingPath(exists: (path: string) => boolean): Kind<string> {
  return {
    parse: (value) => {
      if (!exists(value)) throw new Error(`path '${value}' does not exist`)
      return value
    },
  }
}

function parseFloatText(value: string): number {
  const number = parseFloatGo(value)
  if (number === undefined) {
    throw new Error(`strconv.ParseFloat: parsing ${quoteGo(value)}: invalid syntax`)
  }
  return number
}

function orThrow<T extends object>(result: T | { readonly error: string }): T {
  if ('error' in result) throw new Error(result.error)
  return result
}

export function listOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return []
  return typeof value === 'string' ? [value] : value
}
