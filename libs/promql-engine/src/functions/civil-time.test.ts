import { civilTime } from './civil-time.ts'

test('the calendar goes as far as 64 bits', () => {
  const f = (seconds: number, expected: string) => {
    const { year, month, day, hour, minute, dayOfWeek, dayOfYear, daysInMonth } = civilTime(seconds)
    const date = `${year}-${month}-${day} ${hour}:${minute}`
    expect(`${date} w${dayOfWeek} d${dayOfYear} m${daysInMonth}`).toBe(expected)
  }
  f(0, '1970-1-1 0:0 w4 d1 m31')
  f(951_868_799.9, '2000-2-29 23:59 w2 d60 m29')
  f(-1, '1969-12-31 23:59 w3 d365 m31')
  f(1e13, '318857-5-20 17:46 w0 d140 m31')
  f(-1e13, '-314918-8-13 6:13 w0 d225 m31')
  f(9e18, '285198648531-4-21 16:0 w6 d111 m30')
  f(Number.NaN, '292277026596-12-4 15:30 w0 d339 m31')
  f(1e19, '292277026596-12-4 15:30 w0 d339 m31')
})
