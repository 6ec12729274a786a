/** Numbers for people: humanize and its siblings. */
import { printFloat } from '@prom/model'
import { asTime, printTime, timeFromSeconds } from '../time/go-time.ts'
import { toFloat } from './convert.ts'
import { define, type FunctionTable } from './define.ts'

const LARGE = ['k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y']
const SMALL = ['m', 'u', 'n', 'p', 'f', 'a', 'z', 'y']
const BINARY = ['ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei', 'Zi', 'Yi']

const fourDigits = (value: number) => printFloat(value, 'g', 4)

/** 1234567 as 1.235M, 0.0012 as 1.2m. */
export function humanize(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return fourDigits(value)
  return Math.abs(value) >= 1 ? divided(value, 1000, LARGE) : multiplied(value, '')
}

export function humanize1024(value: number): string {
  if (Math.abs(value) <= 1 || !Number.isFinite(value)) return fourDigits(value)
  return divided(value, 1024, BINARY)
}

/** Seconds as `1d 2h 3m 4s`, `4.5s`, `12.5ms`. */
export function humanizeDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return fourDigits(seconds)
  if (seconds === 0) return `${fourDigits(seconds)}s`
  const size = Math.abs(seconds)
  if (size < 1) return multiplied(seconds, 's')
  const sign = seconds < 0 ? '-' : ''
  const whole = Math.trunc(size)
  const rest = whole % 60
  const minutes = Math.floor(whole / 60) % 60
  const hours = Math.floor(whole / 3600) % 24
  const days = Math.floor(whole / 86_400)
  if (days !== 0) return `${sign}${days}d ${hours}h ${minutes}m ${rest}s`
  if (hours !== 0) return `${sign}${hours}h ${minutes}m ${rest}s`
  if (minutes !== 0) return `${sign}${minutes}m ${rest}s`
  return `${sign}${fourDigits(size)}s`
}

export function humanizePercentage(ratio: number): string {
  return `${fourDigits(ratio * 100)}%`
}

/** Seconds since 1970 as `2006-01-02 15:04:05.999 +0000 UTC`. */
export function humanizeTimestamp(seconds: number): string {
  if (!Number.isFinite(seconds)) return fourDigits(seconds)
  return printTime(asTime(timeFromSeconds(seconds)))
}

function divided(value: number, base: number, prefixes: readonly string[]): string {
  let rest = value
  let prefix = ''
  for (const next of prefixes) {
    if (Math.abs(rest) < base) break
    prefix = next
    rest /= base
  }
  return fourDigits(rest) + prefix
}

function multiplied(value: number, unit: string): string {
  let rest = value
  let prefix = ''
  for (const next of SMALL) {
    if (Math.abs(rest) >= 1) break
    prefix = next
    rest *= 1000
  }
  return fourDigits(rest) + prefix + unit
}

export const humanizeFunctions: FunctionTable = {
  humanize: define(['any'], (value) => humanize(toFloat(value))),
  humanize1024: define(['any'], (value) => humanize1024(toFloat(value))),
  humanizeDuration: define(['any'], (value) => humanizeDuration(toFloat(value))),
  humanizePercentage: define(['any'], (value) => humanizePercentage(toFloat(value))),
  humanizeTimestamp: define(['any'], (value) => humanizeTimestamp(toFloat(value))),
}
