import { specContains, type TimeSpec } from './time-interval.ts'

const spec = (fields: Partial<TimeSpec>): TimeSpec => ({
  times: [],
  weekdays: [],
  daysOfMonth: [],
  months: [],
  years: [],
  location: undefined,
  ...fields,
})
const range = (begin: number, end = begin) => [{ begin, end }]
const f = (fields: Partial<TimeSpec>, at: string, expected: boolean) =>
  expect([at, specContains(spec(fields), Date.parse(at))]).toEqual([at, expected])

test('each field matches its ranges, the end of a time of day excluded', () => {
  f({}, '2026-11-20T13:00:00Z', true)
  f({ times: range(540, 1020) }, '2026-11-20T08:59:59Z', false)
  f({ times: range(540, 1020) }, '2026-11-20T09:00:00Z', true)
  f({ times: range(540, 1020) }, '2026-11-20T16:59:59Z', true)
  f({ times: range(540, 1020) }, '2026-11-20T17:00:00Z', false)
  f({ times: range(0, 1440) }, '2026-11-20T23:59:59Z', true)
  f({ weekdays: range(1, 5) }, '2026-11-20T12:00:00Z', true) // A Friday.
  f({ weekdays: range(1, 5) }, '2026-11-22T12:00:00Z', false)
  f({ months: range(11) }, '2026-11-20T12:00:00Z', true)
  f({ months: range(1, 10) }, '2026-11-20T12:00:00Z', false)
  f({ years: range(2020, 2025) }, '2026-11-20T12:00:00Z', false)
  f({ years: range(2026), months: range(12) }, '2026-11-20T12:00:00Z', false)
})

test('days count from the end of the month when negative, and clamp', () => {
  f({ daysOfMonth: range(-3, -1) }, '2026-11-28T12:00:00Z', true)
  f({ daysOfMonth: range(-3, -1) }, '2026-11-27T12:00:00Z', false)
  f({ daysOfMonth: range(-3, -1) }, '2024-02-29T12:00:00Z', true)
  f({ daysOfMonth: range(31) }, '2026-11-30T12:00:00Z', false) // Begins after the end of November.
  f({ daysOfMonth: range(25, 31) }, '2026-11-30T12:00:00Z', true)
  f({ daysOfMonth: range(1, 5) }, '2026-11-06T12:00:00Z', false)
})

test('fields are read in the zone of the location, with its summer time', () => {
  const office = { times: range(540, 1020), location: 'America/New_York' }
  f(office, '2026-01-05T14:00:00Z', true)
  f(office, '2026-01-05T13:59:00Z', false)
  f(office, '2026-07-06T13:00:00Z', true)
  f({ weekdays: range(1), location: 'Australia/Sydney' }, '2026-11-22T14:00:00Z', true)
})
