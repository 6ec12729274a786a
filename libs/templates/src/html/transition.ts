/** How a piece of template text changes the context, one step at a time. */
import { attrKind, isScriptType } from './attributes.ts'
import {
  ATTR_START,
  type Context,
  ELEMENT_CONTENT,
  type Element,
  EscapeError,
  isComment,
  isInScriptLiteral,
  START,
  type State,
} from './context.ts'
import { unescapeHtml } from './entities.ts'
import { delimitedStep, scriptStep, templateLiteralStep } from './script-context.ts'
import { styleStep, styleStringStep } from './style-context.ts'

/** The context after `read` characters. */
export interface Step {
  readonly context: Context
  readonly read: number
}

const ELEMENTS: Readonly<Record<string, Element>> = {
  script: 'elementScript',
  style: 'elementStyle',
  textarea: 'elementTextarea',
  title: 'elementTitle',
  meta: 'elementMeta',
}

const END_TAGS: Partial<Record<Element, RegExp>> = {
  elementScript: /<\/script(?=[\t\n\f\r />]|$)/i,
  elementStyle: /<\/style(?=[\t\n\f\r />]|$)/i,
  elementTextarea: /<\/textarea(?=[\t\n\f\r />]|$)/i,
  elementTitle: /<\/title(?=[\t\n\f\r />]|$)/i,
}

/** The context after some of `text`, at least one character unless the context itself changed. */
export function stepText(context: Context, text: string): Step {
  if (context.delim === 'delimNone') return stepOutside(context, text)
  const ends = { delimDoubleQuote: /"/, delimSingleQuote: /'/, delimSpaceOrTagEnd: /[ \t\n\f\r>]/ }
  const found = text.search(ends[context.delim])
  const end = found < 0 ? text.length : found
  const value = text.slice(0, end)
  if (context.delim === 'delimSpaceOrTagEnd') {
    const bad = /["'<=`]/.exec(value)
    if (bad) {
      throw new EscapeError(`${JSON.stringify(bad[0])} in unquoted attr: ${JSON.stringify(value)}`)
    }
  }
  if (end === text.length) {
    return { context: stepThrough(context, unescapeHtml(text)), read: text.length }
  }
  const isOtherScript =
    context.state === 'stateAttr' &&
    context.element === 'elementScript' &&
    context.attr === 'attrScriptType' &&
    !isScriptType(value)
  const element = isOtherScript ? 'elementNone' : context.element
  const read = context.delim === 'delimSpaceOrTagEnd' ? end : end + 1
  return { context: { ...START, state: 'stateTag', element }, read }
}

function stepThrough(start: Context, text: string): Context {
  let context = start
  for (let rest = text; rest !== ''; ) {
    const step = transition(context, rest)
    context = step.context
    rest = rest.slice(step.read)
  }
  return context
}

function stepOutside(context: Context, text: string): Step {
  const marker = END_TAGS[context.element]
  const isLiteral =
    context.element === 'elementScript' &&
    (isInScriptLiteral(context.state) || isComment(context.state))
  if (!marker || isLiteral) return transition(context, text)
  const end = text.search(marker)
  if (end === 0) return { context: START, read: 0 }
  return transition(context, end < 0 ? text : text.slice(0, end))
}

function transition(context: Context, text: string): Step {
  switch (context.state) {
    case 'stateText':
      return textStep(context, text)
    case 'stateTag':
      return tagStep(context, text)
    case 'stateAttrName': {
      const read = attrNameEnd(text, 0)
      const isWhole = read === text.length
      return { context: isWhole ? context : { ...context, state: 'stateAfterName' }, read }
    }
    case 'stateAfterName':
      return afterNameStep(context, text)
    case 'stateBeforeValue':
      return beforeValueStep(context, text)
    case 'stateHTMLCmt': {
      const end = text.indexOf('-->')
      return end < 0 ? all(context, text) : { context: START, read: end + 3 }
    }
    case 'stateURL':
    case 'stateSrcset':
      return urlStep(context, text)
    case 'stateMetaContent': {
      const at = text.toLowerCase().indexOf('url=')
      if (at < 0) return all(context, text)
      return { context: { ...context, state: 'stateMetaContentURL' }, read: at + 4 }
    }
    case 'stateMetaContentURL': {
      const at = text.indexOf(';')
      if (at < 0) return all(context, text)
      return { context: { ...context, state: 'stateMetaContent' }, read: at + 1 }
    }
    case 'stateJS':
      return scriptStep(context, text)
    case 'stateJSTmplLit':
      return templateLiteralStep(context, text)
    case 'stateJSDqStr':
    case 'stateJSSqStr':
    case 'stateJSRegexp':
      return delimitedStep(context, text)
    case 'stateJSBlockCmt':
    case 'stateCSSBlockCmt':
      return blockCommentStep(context, text)
    case 'stateJSLineCmt':
    case 'stateJSHTMLOpenCmt':
    case 'stateJSHTMLCloseCmt':
    case 'stateCSSLineCmt':
      return lineCommentStep(context, text)
    case 'stateCSS':
      return styleStep(context, text)
    case 'stateCSSDqStr':
    case 'stateCSSSqStr':
    case 'stateCSSDqURL':
    case 'stateCSSSqURL':
    case 'stateCSSURL':
      return styleStringStep(context, text)
    default:
      return all(context, text)
  }
}

function all(context: Context, text: string): Step {
  return { context, read: text.length }
}

function textStep(context: Context, text: string): Step {
  for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at + 1)) {
    if (at + 1 === text.length) break
    if (text.startsWith('<!--', at)) {
      return { context: { ...START, state: 'stateHTMLCmt' }, read: at + 4 }
    }
    const isEnd = text[at + 1] === '/'
    const start = isEnd ? at + 2 : at + 1
    const name = /^[A-Za-z](?:[A-Za-z0-9]|[:-](?=[A-Za-z0-9]))*/.exec(text.slice(start))?.[0]
    if (name === undefined) continue
    const known = ELEMENTS[name.toLowerCase()]
    const element = isEnd || known === undefined ? 'elementNone' : known
    return { context: { ...START, state: 'stateTag', element }, read: start + name.length }
  }
  return all(context, text)
}

function skipSpace(text: string, from: number): number {
  let at = from
  while (at < text.length && ' \t\n\f\r'.includes(text[at] as string)) at++
  return at
}

function attrNameEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const char = text[at] as string
    if (' \t\n\f\r=>'.includes(char)) return at
    if ('\'"<'.includes(char)) {
      throw new EscapeError(
        `${JSON.stringify(char)} in attribute name: ${printBytes(text.slice(0, 32))}`,
      )
    }
  }
  return text.length
}

function printBytes(text: string): string {
  return JSON.stringify(text)
}

function tagStep(context: Context, text: string): Step {
  const start = skipSpace(text, 0)
  if (start === text.length) return all(context, text)
  const { element } = context
  if (text[start] === '>') {
    return { context: { ...START, state: ELEMENT_CONTENT[element], element }, read: start + 1 }
  }
  const end = attrNameEnd(text, start)
  if (end === start) {
    const rest = JSON.stringify(text.slice(start))
    throw new EscapeError(`expected space, attr name, or end of tag, but got ${rest}`)
  }
  const name = text.slice(start, end).toLowerCase()
  let attr = attrKind(name)
  if (element === 'elementScript' && name === 'type') attr = 'attrScriptType'
  else if (element === 'elementMeta' && name === 'content') attr = 'attrMetaContent'
  const state: State = end === text.length ? 'stateAttrName' : 'stateAfterName'
  return { context: { ...START, state, element, attr }, read: end }
}

function afterNameStep(context: Context, text: string): Step {
  const at = skipSpace(text, 0)
  if (at === text.length) return all(context, text)
  // An attribute without a value, or the end of the tag.
  if (text[at] !== '=') return { context: { ...context, state: 'stateTag' }, read: at }
  return { context: { ...context, state: 'stateBeforeValue' }, read: at + 1 }
}

function beforeValueStep(context: Context, text: string): Step {
  const at = skipSpace(text, 0)
  if (at === text.length) return all(context, text)
  const state = ATTR_START[context.attr]
  const quote = text[at]
  if (quote === '"')
    return { context: { ...context, state, delim: 'delimDoubleQuote' }, read: at + 1 }
  if (quote === "'")
    return { context: { ...context, state, delim: 'delimSingleQuote' }, read: at + 1 }
  return { context: { ...context, state, delim: 'delimSpaceOrTagEnd' }, read: at }
}

export function urlStep(context: Context, text: string): Step {
  if (/[#?]/.test(text)) return all({ ...context, urlPart: 'urlPartQueryOrFrag' }, text)
  if (context.urlPart === 'urlPartNone' && text.trim() !== '') {
    return all({ ...context, urlPart: 'urlPartPreQuery' }, text)
  }
  return all(context, text)
}

function blockCommentStep(context: Context, text: string): Step {
  const end = text.indexOf('*/')
  if (end < 0) return all(context, text)
  const state = context.state === 'stateJSBlockCmt' ? 'stateJS' : 'stateCSS'
  return { context: { ...context, state }, read: end + 2 }
}

function lineCommentStep(context: Context, text: string): Step {
  const isStyle = context.state === 'stateCSSLineCmt'
  const end = text.search(isStyle ? /[\n\f\r]/ : /[\n\r\u2028\u2029]/)
  if (end < 0) return all(context, text)
  return { context: { ...context, state: isStyle ? 'stateCSS' : 'stateJS' }, read: end }
}
