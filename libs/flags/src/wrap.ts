/** Fits help texts into a column, as Go's doc comment printer does: even lines rather than full ones. */

/** The text's paragraphs as lines of at most `width`, indented lines kept as they are. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = []
  for (const block of blocks(text)) {
    if (lines.length > 0) lines.push('')
    if (block.isCode) lines.push(...block.lines)
    else lines.push(...wrapWords(block.lines.join(' ').split(/\s+/).filter(Boolean), width))
  }
  return lines
}

interface Block {
  readonly isCode: boolean
  readonly lines: string[]
}

function blocks(text: string): Block[] {
  const found: Block[] = []
  let current: Block | undefined
  for (const line of text.split('\n')) {
    if (line.trim() === '') {
      if (current?.isCode) current.lines.push('')
      else current = undefined
      continue
    }
    const isCode = /^[ \t]/.test(line)
    if (!current || current.isCode !== isCode) {
      current = { isCode, lines: [] }
      found.push(current)
    }
    current.lines.push(line)
  }
  for (const block of found) while (block.lines.at(-1) === '') block.lines.pop()
  return found
}

/** Breaking after a word that ends no phrase costs as much as 8 columns of air. */
const PENALTY = 64

interface Score {
  /** How far lines are too long, squared; nothing else counts against it. */
  readonly over: number
  readonly air: number
}

function wrapWords(words: readonly string[], width: number): string[] {
  if (words.length === 0) return []
  const total = [0]
  for (const word of words) total.push((total.at(-1) as number) + [...word].length + 1)

  const score = (from: number, to: number): Score => {
    const length = (total[to] as number) - 1 - (total[from] as number)
    if (to === words.length && length <= width) return { over: 0, air: 0 }
    const air = (width - length) ** 2
    const penalty = /[.,:;]$/.test(words[to - 1] as string) ? 0 : PENALTY
    return length > width ? { over: air, air: penalty } : { over: 0, air: air + penalty }
  }
  const best: (Score & { readonly from: number })[] = [{ over: 0, air: 0, from: 0 }]
  for (let to = 1; to <= words.length; to++) {
    let winner: (Score & { from: number }) | undefined
    for (let from = 0; from < to; from++) {
      const before = best[from] as Score
      const line = score(from, to)
      const over = before.over + line.over
      const air = before.air + line.air
      if (!winner || over < winner.over || (over === winner.over && air < winner.air)) {
        winner = { over, air, from }
      }
    }
    best.push(winner as Score & { from: number })
  }

  const lines: string[] = []
  for (let to = words.length; to > 0; to = best[to]?.from as number) {
    lines.unshift(words.slice(best[to]?.from, to).join(' '))
  }
  return lines
}
