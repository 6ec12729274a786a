/** Which ways of writing a string keep it what it is. */
export interface ScalarShape {
  readonly isPlainAllowed: boolean
  readonly isSingleAllowed: boolean
  readonly isBlockAllowed: boolean
}

const breakPattern = /[\n\r\x85\u2028\u2029]/
const unprintable = /[^\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/
const firstIndicators = new Set('#,[]{}&*!|>\'"%@`')

/** As libyaml's emitter judges a string in block context. */
export function analyzeScalar(text: string): ScalarShape {
  if (text === '') return { isPlainAllowed: false, isSingleAllowed: true, isBlockAllowed: false }
  const isEdgeBlank = /^[ \n\r\x85\u2028\u2029]|[ \n\r\x85\u2028\u2029]$/.test(text)
  const hasBreaks = breakPattern.test(text)
  const isSpecial =
    unprintable.test(text) || /\t/.test(text) || / [\n\r\x85\u2028\u2029]/.test(text)
  const isBreakSpace = /[\n\r\x85\u2028\u2029] /.test(text)
  return {
    isPlainAllowed:
      !isEdgeBlank && !hasBreaks && !isSpecial && !isBreakSpace && !hasIndicators(text),
    isSingleAllowed: !isSpecial && !isBreakSpace,
    isBlockAllowed: !isSpecial && !text.endsWith(' '),
  }
}

/** Characters that mean something in block context where they stand. */
function hasIndicators(text: string): boolean {
  if (text.startsWith('---') || text.startsWith('...')) return true
  if (firstIndicators.has(text[0]!)) return true
  if (/^[-?:](?:\s|$)/.test(text)) return true
  return /.:(?:\s|$)|\s#/s.test(text)
}
