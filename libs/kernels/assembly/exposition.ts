// Matches a text exposition against the template of the body before it. A template is one entry per line:
//
//   0  u64 hash of the line up to its value (samples) or of the whole line with its line feed (comments)
//   8  u32 ref of the series; 0 = relabelling dropped it
//   12 u32 length of the hashed bytes (bits 0-23), flags (bits 24-31)
//
// A steady body costs one hash and one number per line. Lines that are not in the template, moved or hard to read
// go to the list of misses; entries passed over go to the list of absent refs. From the first change on a new
// template is written, with gaps (all zero) where the misses are, for the caller to fill.

const ENTRY: usize = 16
const MISS: usize = 24

const FLAG_COMMENT: u32 = 1 << 24
/** The line carries an explicit timestamp. */
const FLAG_TIMED: u32 = 1 << 25
const LENGTH_MASK: u32 = (1 << 24) - 1

// What kind of miss, first word of its record: kind, line start, line end, new entry, row or old entry, TYPE line.
const MISS_LINE: u32 = 0
/** The series is that of `old entry`, the rest of the line is not plain. */
const MISS_REST: u32 = 1
/** Only the number is hard to read; its row waits for it. `line start` is that of the number. */
const MISS_NUMBER: u32 = 2

// Offsets into the control block; the input half is the caller's, the output half is written at the end.
const BODY: usize = 0
const BODY_END: usize = 4
const TEMPLATE: usize = 8
const TEMPLATE_COUNT: usize = 12
const NEW_TEMPLATE: usize = 16
const REFS: usize = 20
const VALUES: usize = 24
const TIMES: usize = 28
const MISSES: usize = 32
const ABSENT: usize = 36
const LINES_MAX: usize = 40
/** Bit 0: blanks and timestamps after the value are for the caller (OpenMetrics). Bit 1: timed lines go absent too. */
const OPTIONS: usize = 44
const TIME: usize = 48
const SEED: usize = 56
const ROWS: usize = 72
const LINES: usize = 76
const MISS_COUNT: usize = 80
const ABSENT_COUNT: usize = 84
const DROPPED: usize = 88
const TIMED_ROWS: usize = 92
const IS_CHANGED: usize = 96

const WINDOW: u32 = 64
const WINDOW_WIDE: u32 = 4096
/** Entries looked at while searching, per body: shuffled bodies must not cost a search per line. */
const SEARCH_MAX: u32 = 1 << 18
const NO_TYPE: u32 = 0xffffffff

/** The NaN of ordinary samples; other payloads mean something else in storage. */
const NORMAL_NAN: u64 = 0x7ff8000000000001

const P1: u64 = 0x9e3779b185ebca87
const P2: u64 = 0xc2b2ae3d27d4eb4f
const P3: u64 = 0x165667b19e3779f9

// @ts-ignore: decorator
@inline
function mix(state: u64, word: u64): u64 {
  return rotl<u64>((state ^ word) * P1, 31)
}

/** Seeded 64-bit hash. Reads up to 7 bytes past the end, never uses them. */
export function hashLine(at: usize, length: usize, seed: usize): u64 {
  let a = load<u64>(seed) ^ (length as u64)
  let b = load<u64>(seed, 8)
  let c = a ^ P2
  let d = b ^ P3
  const end = at + length
  while (at + 32 <= end) {
    a = mix(a, load<u64>(at))
    b = mix(b, load<u64>(at, 8))
    c = mix(c, load<u64>(at, 16))
    d = mix(d, load<u64>(at, 24))
    at += 32
  }
  while (at + 8 <= end) {
    a = rotl<u64>(mix(a, load<u64>(at)), 9) + b
    at += 8
  }
  const rest = (end - at) as u64
  if (rest > 0) b = mix(b, load<u64>(at) & (((1 as u64) << (rest << 3)) - 1))
  let h = (a ^ rotl<u64>(b, 17)) * P2 + (c ^ rotl<u64>(d, 41)) * P3
  h = (h ^ (h >>> 29)) * P1
  h = (h ^ (h >>> 32)) * P2
  return h ^ (h >>> 29)
}

/** Writes a template entry for `length` bytes at `at`. */
export function writeEntry(entry: usize, at: usize, length: u32, ref: u32, flags: u32, seed: usize): void {
  store<u64>(entry, hashLine(at, length, seed))
  store<u32>(entry, ref, 8)
  store<u32>(entry, (length & LENGTH_MASK) | flags, 12)
}

// @ts-ignore: decorator
@inline
function isDigit(c: u32): bool {
  return c - 48 <= 9
}

/** True if the line at `at` could be the one of `entry`, by its length alone; spares most hashes in a search. */
// @ts-ignore: decorator
@inline
function fits(entry: usize, at: usize, end: usize): bool {
  const packed = load<u32>(entry, 12)
  const length = (packed & LENGTH_MASK) as usize
  if (at + length > end) return false
  const last = load<u8>(at + length - 1) as u32
  if (packed & FLAG_COMMENT) return last == 10
  if (last != 32 && last != 125 && last != 9) return false
  const next = load<u8>(at + length) as u32
  return isDigit(next) || next == 45 || next == 43 || next == 78 || next == 73
}

// @ts-ignore: decorator
@inline
function isEntry(entry: usize, at: usize, end: usize, seed: usize): bool {
  const length = (load<u32>(entry, 12) & LENGTH_MASK) as usize
  return at + length <= end && hashLine(at, length, seed) == load<u64>(entry)
}

/** Where the line ends, just past its line feed; line feeds in quoted values do not count. */
function lineEnd(at: usize, end: usize): usize {
  let c = load<u8>(at) as u32
  while ((c == 32 || c == 9) && at < end) c = load<u8>(++at)
  let isQuoted = false
  const isComment = c == 35
  while (at < end) {
    c = load<u8>(at++)
    if (c == 10 && !isQuoted) return at
    if (isComment) continue
    if (c == 34) isQuoted = !isQuoted
    else if (c == 92 && isQuoted) at++
  }
  return end
}

/** True for a comment line that may be a TYPE line. */
function isType(at: usize, end: usize): bool {
  let c = load<u8>(at) as u32
  while ((c == 32 || c == 9) && at < end) c = load<u8>(++at)
  if (c != 35) return false
  c = load<u8>(++at)
  while ((c == 32 || c == 9) && at < end) c = load<u8>(++at)
  return c == 84
}

function writeMiss(at: usize, kind: u32, start: u32, end: u32, line: u32, old: u32, type: u32): void {
  store<u32>(at, kind)
  store<u32>(at, start, 4)
  store<u32>(at, end, 8)
  store<u32>(at, line, 12)
  store<u32>(at, old, 16)
  store<u32>(at, type, 20)
}

/**
 * Reads the body that `control` describes; it ends with a line feed. Returns 1, or 0 if it has more than LINES_MAX
 * lines (nothing of the output then counts).
 */
export function matchExposition(control: usize): i32 {
  const body = load<u32>(control, BODY) as usize
  const end = load<u32>(control, BODY_END) as usize
  const template = load<u32>(control, TEMPLATE) as usize
  const templateCount = load<u32>(control, TEMPLATE_COUNT)
  const newTemplate = load<u32>(control, NEW_TEMPLATE) as usize
  const refs = load<u32>(control, REFS) as usize
  const values = load<u32>(control, VALUES) as usize
  const times = load<u32>(control, TIMES) as usize
  const misses = load<u32>(control, MISSES) as usize
  const absent = load<u32>(control, ABSENT) as usize
  const linesMax = load<u32>(control, LINES_MAX)
  const options = load<u32>(control, OPTIONS)
  const isStrict = (options & 1) != 0
  const absentMask: u32 = options & 2 ? 0 : FLAG_TIMED
  const time = load<f64>(control, TIME)
  const seed = control + SEED

  let at = body
  let i: u32 = 0
  let line: u32 = 0
  let rows: u32 = 0
  let missCount: u32 = 0
  let absentCount: u32 = 0
  let dropped: u32 = 0
  let timedRows: u32 = 0
  let isChanged = false
  let searched: u32 = 0
  let missedInRow: u32 = 0
  let type: u32 = NO_TYPE

  while (at < end) {
    if (line >= linesMax) return 0
    let entry = template + (i as usize) * ENTRY
    if (i >= templateCount || !isEntry(entry, at, end, seed)) {
      if (!isChanged) {
        isChanged = true
        memory.copy(newTemplate, template, (line as usize) * ENTRY)
      }
      // Search ahead: lines between may be gone.
      let found = NO_TYPE
      if (i + 1 < templateCount && searched < SEARCH_MAX) {
        const window = missedInRow == 3 ? WINDOW_WIDE : WINDOW
        const stop = min<u32>(templateCount, i + 1 + window)
        searched += stop - i
        for (let j = i + 1; j < stop; j++) {
          const candidate = template + (j as usize) * ENTRY
          if (fits(candidate, at, end) && isEntry(candidate, at, end, seed)) {
            found = j
            break
          }
        }
      }
      if (found == NO_TYPE) {
        const next = lineEnd(at, end)
        writeMiss(misses + (missCount as usize) * MISS, MISS_LINE, at as u32, next as u32, line, NO_TYPE, type)
        const gap = newTemplate + (line as usize) * ENTRY
        store<u64>(gap, 0)
        store<u64>(gap, 0, 8)
        missCount++
        missedInRow++
        line++
        if (isType(at, end)) type = at as u32
        at = next
        continue
      }
      for (let j = i; j < found; j++) {
        const gone = template + (j as usize) * ENTRY
        const ref = load<u32>(gone, 8)
        if (ref != 0 && !(load<u32>(gone, 12) & absentMask)) {
          store<u32>(absent + ((absentCount as usize) << 2), ref)
          absentCount++
        }
      }
      i = found
      entry = template + (i as usize) * ENTRY
    }
    missedInRow = 0
    const packed = load<u32>(entry, 12)
    const start = at
    at += (packed & LENGTH_MASK) as usize
    if (isChanged) {
      const copy = newTemplate + (line as usize) * ENTRY
      store<u64>(copy, load<u64>(entry))
      store<u64>(copy, load<u64>(entry, 8), 8)
    }
    i++
    line++
    if (packed & FLAG_COMMENT) {
      if (isType(start, end)) type = start as u32
      continue
    }

    // The number.
    const numberStart = at
    let c = load<u8>(at) as u32
    let isNegative = false
    if (c == 45) {
      isNegative = true
      c = load<u8>(++at)
    } else if (c == 43) {
      c = load<u8>(++at)
    }
    let mantissa: u64 = 0
    let digits: i32 = 0
    let exponent: i32 = 0
    let value: f64 = 0
    let isRead = true
    const digitsStart = at
    while (isDigit(c)) {
      mantissa = mantissa * 10 + (c - 48)
      c = load<u8>(++at)
    }
    digits = (at - digitsStart) as i32
    if (c == 46) {
      c = load<u8>(++at)
      const fractionStart = at
      while (isDigit(c)) {
        mantissa = mantissa * 10 + (c - 48)
        c = load<u8>(++at)
      }
      exponent = -((at - fractionStart) as i32)
      digits -= exponent
    }
    if (digits > 0 && (c | 32) == 101) {
      c = load<u8>(++at)
      let isMinus = false
      if (c == 45 || c == 43) {
        isMinus = c == 45
        c = load<u8>(++at)
      }
      let power: i32 = 0
      const powerStart = at
      while (isDigit(c)) {
        if (power < 100000) power = power * 10 + ((c - 48) as i32)
        c = load<u8>(++at)
      }
      if (at == powerStart) isRead = false
      exponent += isMinus ? -power : power
    }
    if (digits == 0) {
      isRead = false
      const word = load<u32>(at) & 0xffffff
      if (at == numberStart && word == 0x4e614e) {
        // NaN
        value = reinterpret<f64>(NORMAL_NAN)
        isRead = true
        at += 3
        c = load<u8>(at)
      } else if (word == 0x666e49) {
        // Inf
        value = isNegative ? -Infinity : Infinity
        isRead = true
        at += 3
        c = load<u8>(at)
      }
    } else if (isRead) {
      if (digits > 19) {
        isRead = false
      } else if (mantissa <= 9007199254740992 && exponent >= -22 && exponent <= 22) {
        value = mantissa as f64
        if (exponent < 0) value /= load<f64>(POWERS + (((-exponent) as usize) << 3))
        else if (exponent > 0) value *= load<f64>(POWERS + ((exponent as usize) << 3))
        if (isNegative) value = -value
      } else {
        isRead = false
      }
    }

    // What follows the number.
    let sampleTime = time
    let isTimed = false
    let isPlain = true
    const numberEnd = at
    if (c != 10) {
      isPlain = false
      if (!isStrict && (c == 32 || c == 9)) {
        while (c == 32 || c == 9) c = load<u8>(++at)
        const timeStart = at
        let stamp: u64 = 0
        while (isDigit(c)) {
          stamp = stamp * 10 + (c - 48)
          c = load<u8>(++at)
        }
        const count = at - timeStart
        while (c == 32 || c == 9) c = load<u8>(++at)
        if (c == 10 && count <= 15) {
          isPlain = true
          isTimed = count > 0
          if (isTimed) sampleTime = stamp as f64
        }
      }
    }
    if (isPlain && isTimed != ((packed & FLAG_TIMED) != 0)) isPlain = false
    if (!isPlain) {
      at = lineEnd(start, end)
      writeMiss(misses + (missCount as usize) * MISS, MISS_REST, start as u32, at as u32, line - 1, i - 1, type)
      missCount++
      continue
    }
    at++
    const ref = load<u32>(entry, 8)
    if (!isRead) {
      // Also for a dropped series: the number must be one.
      writeMiss(misses + (missCount as usize) * MISS, MISS_NUMBER, numberStart as u32, numberEnd as u32, line - 1, ref == 0 ? NO_TYPE : rows, type)
      missCount++
    }
    if (ref == 0) {
      dropped++
      continue
    }
    store<u32>(refs + ((rows as usize) << 2), ref)
    store<f64>(values + ((rows as usize) << 3), value)
    // Times are written from the first row on that has one of its own; those before it are made up for then.
    if (isTimed && timedRows++ == 0) {
      for (let row: u32 = 0; row < rows; row++) store<f64>(times + ((row as usize) << 3), time)
    }
    if (timedRows > 0) store<f64>(times + ((rows as usize) << 3), sampleTime)
    rows++
  }

  for (; i < templateCount; i++) {
    if (!isChanged) {
      isChanged = true
      memory.copy(newTemplate, template, (line as usize) * ENTRY)
    }
    const gone = template + (i as usize) * ENTRY
    const ref = load<u32>(gone, 8)
    if (ref != 0 && !(load<u32>(gone, 12) & absentMask)) {
      store<u32>(absent + ((absentCount as usize) << 2), ref)
      absentCount++
    }
  }
  store<u32>(control, rows, ROWS)
  store<u32>(control, line, LINES)
  store<u32>(control, missCount, MISS_COUNT)
  store<u32>(control, absentCount, ABSENT_COUNT)
  store<u32>(control, dropped, DROPPED)
  store<u32>(control, timedRows, TIMED_ROWS)
  store<u32>(control, isChanged ? 1 : 0, IS_CHANGED)
  return 1
}

const POWERS_TABLE: StaticArray<f64> = [
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
  1e20, 1e21, 1e22,
]
const POWERS: usize = changetype<usize>(POWERS_TABLE)
