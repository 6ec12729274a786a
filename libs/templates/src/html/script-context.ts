/** How JavaScript text changes the context: strings, template literals, regular expressions, comments. */
import { type Context, EscapeError, type State } from './context.ts'
import type { Step } from './transition.ts'

const BEFORE_REGEXP = new Set([
  'break',
  'case',
  'continue',
  'delete',
  'do',
  'else',
  'finally',
  'in',
  'instanceof',
  'return',
  'throw',
  'try',
  'typeof',
  'void',
])

/** What a slash after `text` would start. */
function nextJsCtx(text: string, before: Context['jsCtx']): Context['jsCtx'] {
  const trimmed = text.replace(/[\f\n\r\t\v \u00a0\u2028\u2029]+$/, '')
  if (trimmed === '') return before
  const last = trimmed[trimmed.length - 1] as string
  if (last === '+' || last === '-') {
    // `x++ / y` divides; `x = + /re/` does not.
    const run = (last === '+' ? /\++$/ : /-+$/).exec(trimmed)?.[0].length ?? 0
    return run % 2 === 1 ? 'jsCtxRegexp' : 'jsCtxDivOp'
  }
  if (last === '.') return /[0-9]\.$/.test(trimmed) ? 'jsCtxDivOp' : 'jsCtxRegexp'
  if (',<>=*%&|^?!~([:;{}'.includes(last)) return 'jsCtxRegexp'
  const word = /[A-Za-z0-9_$]+$/.exec(trimmed)?.[0] ?? ''
  return BEFORE_REGEXP.has(word) ? 'jsCtxRegexp' : 'jsCtxDivOp'
}

export function scriptStep(start: Context, text: string): Step {
  const at = text.search(/["'`/{}<\-#]/)
  if (at < 0) {
    const jsCtx = nextJsCtx(text, start.jsCtx)
    return { context: { ...start, jsCtx }, read: text.length }
  }
  const context = { ...start, jsCtx: nextJsCtx(text.slice(0, at), start.jsCtx) }
  const to = (state: State, read: number): Step => ({ context: { ...context, state }, read })
  const literal = (state: State): Step => ({
    context: { ...context, state, jsCtx: 'jsCtxRegexp' },
    read: at + 1,
  })
  switch (text[at]) {
    case '"':
      return literal('stateJSDqStr')
    case "'":
      return literal('stateJSSqStr')
    case '`':
      return literal('stateJSTmplLit')
    case '/':
      if (text[at + 1] === '/') return to('stateJSLineCmt', at + 2)
      if (text[at + 1] === '*') return to('stateJSBlockCmt', at + 2)
      if (context.jsCtx === 'jsCtxRegexp') return to('stateJSRegexp', at + 1)
      if (context.jsCtx === 'jsCtxDivOp') {
        return { context: { ...context, jsCtx: 'jsCtxRegexp' }, read: at + 1 }
      }
      throw new EscapeError(
        `'/' could start a division or regexp: ${JSON.stringify(text.slice(at, at + 32))}`,
      )
    case '<':
      if (text.startsWith('<!--', at)) return to('stateJSHTMLOpenCmt', at + 4)
      break
    case '-':
      if (text.startsWith('-->', at)) return to('stateJSHTMLCloseCmt', at + 3)
      break
    case '#':
      if (text[at + 1] === '!') return to('stateJSLineCmt', at + 2)
      break
    case '{':
    case '}':
      return { context: braceStep(context, text[at] as string), read: at + 1 }
  }
  return { context, read: at + 1 }
}

/** Braces only count inside `${ }` of a template literal. */
function braceStep(before: Context, brace: string): Context {
  const context: Context = { ...before, jsCtx: 'jsCtxRegexp' }
  const depths = context.jsBraceDepth
  if (depths.length === 0) return context
  const depth = (depths[depths.length - 1] as number) + (brace === '{' ? 1 : -1)
  const outer = depths.slice(0, -1)
  if (depth >= 0) return { ...context, jsBraceDepth: [...outer, depth] }
  return { ...context, jsBraceDepth: outer, state: 'stateJSTmplLit' }
}

export function templateLiteralStep(context: Context, text: string): Step {
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === '\\') {
      at++
      if (at === text.length) {
        throw new EscapeError(`unfinished escape sequence in JS string: ${JSON.stringify(text)}`)
      }
    } else if (char === '$' && text[at + 1] === '{') {
      const jsBraceDepth = [...context.jsBraceDepth, 0]
      return { context: { ...context, jsBraceDepth, state: 'stateJS' }, read: at + 2 }
    } else if (char === '`') {
      return { context: { ...context, state: 'stateJS' }, read: at + 1 }
    }
  }
  return { context, read: text.length }
}

/** Strings in quotes, and regular expressions. */
export function delimitedStep(context: Context, text: string): Step {
  const isRegexp = context.state === 'stateJSRegexp'
  const end = isRegexp ? '/' : context.state === 'stateJSDqStr' ? '"' : "'"
  let isInCharset = false
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === '\\') {
      at++
      if (at === text.length) {
        throw new EscapeError(`unfinished escape sequence in JS string: ${JSON.stringify(text)}`)
      }
    } else if (
      isRegexp &&
      /^<\/script/i.test(text.slice(Math.max(at - 1, 0), at + 7)) &&
      char === '/'
    ) {
      // Escaped later; it must not end the expression.
    } else if (isRegexp && char === '[') isInCharset = true
    else if (isRegexp && char === ']') isInCharset = false
    else if (char === end && !isInCharset) {
      return { context: { ...context, state: 'stateJS', jsCtx: 'jsCtxDivOp' }, read: at + 1 }
    }
  }
  if (isInCharset) {
    throw new EscapeError(`unfinished JS regexp charset: ${JSON.stringify(text)}`)
  }
  return { context, read: text.length }
}
