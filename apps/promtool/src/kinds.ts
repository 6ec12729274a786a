/** Values of flags and arguments that only this tool has. */
import { posix } from 'node:path'
import type { Kind } from '@prom/flags'
import { parseTime, quoteGo } from '@prom/model'
import type { Host } from '@prom/runtime'
import { urlProblem } from '@prom/yaml'

/** A file that is there. */
export function existingFile(host: Host): Kind<string> {
  return {
    parse(value) {
      const stat = host.files.statSync(posix.resolve(host.cwd, value))
      if (stat === undefined) throw new Error(`path '${value}' does not exist`)
      if (stat.isDirectory) throw new Error(`'${posix.basename(value)}' is a directory`)
      return value
    },
  }
}

/** The URL of a server; only its syntax is looked at. */
export const serverUrl: Kind<string> = {
  parse(value) {
    const problem = urlProblem(value)
    if (problem !== undefined) throw new Error(`invalid URL: parse ${quoteGo(value)}: ${problem}`)
    return value
  },
}

/** A whole number of 64 bits; beyond 2^53 the nearest one there is. */
export const int64: Kind<number> = {
  parse(value) {
    if (!/^[+-]?\d+$/.test(value)) {
      throw new Error(`strconv.ParseInt: parsing ${quoteGo(value)}: invalid syntax`)
    }
    const number = BigInt(value)
    if (number !== BigInt.asIntN(64, number)) {
      throw new Error(`strconv.ParseInt: parsing ${quoteGo(value)}: value out of range`)
    }
    return Number(number)
  },
}

/** `name=value`, as often as it is given. */
export const header: Kind<readonly [string, string]> = {
  parse(value) {
    const at = value.search(/[=:]/)
    if (at < 0) throw new Error(`expected KEY=VALUE got '${value}'`)
    return [value.slice(0, at), value.slice(at + 1)]
  },
}

/** Milliseconds, of RFC 3339 or seconds; throws with the text of the original. */
export function readTime(text: string): number {
  const time = parseTime(text)
  if (time === undefined) throw new Error(`cannot parse ${quoteGo(text)} to a valid timestamp`)
  return time
}
