/** Where in an HTML document an action stands: what may be written there and how it must be escaped. */

// The names are those error texts show.
export type State =
  | 'stateText'
  | 'stateTag'
  | 'stateAttrName'
  | 'stateAfterName'
  | 'stateBeforeValue'
  | 'stateHTMLCmt'
  | 'stateRCDATA'
  | 'stateAttr'
  | 'stateURL'
  | 'stateSrcset'
  | 'stateJS'
  | 'stateJSDqStr'
  | 'stateJSSqStr'
  | 'stateJSTmplLit'
  | 'stateJSRegexp'
  | 'stateJSBlockCmt'
  | 'stateJSLineCmt'
  | 'stateJSHTMLOpenCmt'
  | 'stateJSHTMLCloseCmt'
  | 'stateCSS'
  | 'stateCSSDqStr'
  | 'stateCSSSqStr'
  | 'stateCSSDqURL'
  | 'stateCSSSqURL'
  | 'stateCSSURL'
  | 'stateCSSBlockCmt'
  | 'stateCSSLineCmt'
  | 'stateDead'
  | 'stateMetaContent'
  | 'stateMetaContentURL'

/** What ends the attribute value that the context is in. */
export type Delim = 'delimNone' | 'delimDoubleQuote' | 'delimSingleQuote' | 'delimSpaceOrTagEnd'

export type UrlPart = 'urlPartNone' | 'urlPartPreQuery' | 'urlPartQueryOrFrag' | 'urlPartUnknown'

/** What a slash would start in JavaScript. */
export type JsCtx = 'jsCtxRegexp' | 'jsCtxDivOp' | 'jsCtxUnknown'

export type Attr =
  | 'attrNone'
  | 'attrScript'
  | 'attrScriptType'
  | 'attrStyle'
  | 'attrURL'
  | 'attrSrcset'
  | 'attrMetaContent'

/** The element whose start tag or special content the context is in. */
export type Element =
  | 'elementNone'
  | 'elementScript'
  | 'elementStyle'
  | 'elementTextarea'
  | 'elementTitle'
  | 'elementMeta'

export interface Context {
  readonly state: State
  readonly delim: Delim
  readonly urlPart: UrlPart
  readonly jsCtx: JsCtx
  /** Open braces in each `${` of nested template literals. */
  readonly jsBraceDepth: readonly number[]
  readonly attr: Attr
  readonly element: Element
}

export const START: Context = {
  state: 'stateText',
  delim: 'delimNone',
  urlPart: 'urlPartNone',
  jsCtx: 'jsCtxRegexp',
  jsBraceDepth: [],
  attr: 'attrNone',
  element: 'elementNone',
}

/** A template that cannot be escaped. The place is added by who knows the node. */
export class EscapeError extends Error {}

export function printContext(context: Context): string {
  const { state, delim, urlPart, jsCtx, jsBraceDepth, attr, element } = context
  return `{${state} ${delim} ${urlPart} ${jsCtx} [${jsBraceDepth.join(' ')}] ${attr} ${element} <nil>}`
}

export function areEqual(a: Context, b: Context): boolean {
  return printContext(a) === printContext(b)
}

/** Go's name for a template that is called in this context. */
export function mangle(context: Context, name: string): string {
  if (context.state === 'stateText') return name
  let mangled = `${name}$htmltemplate_${context.state}`
  if (context.delim !== 'delimNone') mangled += `_${context.delim}`
  if (context.urlPart !== 'urlPartNone') mangled += `_${context.urlPart}`
  if (context.jsCtx !== 'jsCtxRegexp') mangled += `_${context.jsCtx}`
  if (context.jsBraceDepth.length > 0) mangled += `_jsBraceDepth(${context.jsBraceDepth.join(' ')})`
  if (context.attr !== 'attrNone') mangled += `_${context.attr}`
  if (context.element !== 'elementNone') mangled += `_${context.element}`
  return mangled
}

export function isComment(state: State): boolean {
  switch (state) {
    case 'stateHTMLCmt':
    case 'stateJSBlockCmt':
    case 'stateJSLineCmt':
    case 'stateJSHTMLOpenCmt':
    case 'stateJSHTMLCloseCmt':
    case 'stateCSSBlockCmt':
    case 'stateCSSLineCmt':
      return true
    default:
      return false
  }
}

/** Inside a literal of a script, where an end tag is text. */
export function isInScriptLiteral(state: State): boolean {
  return /^stateJS(DqStr|SqStr|TmplLit|Regexp)$/.test(state)
}

export const ATTR_START: Readonly<Record<Attr, State>> = {
  attrNone: 'stateAttr',
  attrScript: 'stateJS',
  attrScriptType: 'stateAttr',
  attrStyle: 'stateCSS',
  attrURL: 'stateURL',
  attrSrcset: 'stateSrcset',
  attrMetaContent: 'stateMetaContent',
}

export const ELEMENT_CONTENT: Readonly<Record<Element, State>> = {
  elementNone: 'stateText',
  elementScript: 'stateJS',
  elementStyle: 'stateCSS',
  elementTextarea: 'stateRCDATA',
  elementTitle: 'stateRCDATA',
  elementMeta: 'stateText',
}

/** The context an action finds: between attributes it is a name, after `=` an unquoted value. */
export function nudge(context: Context): Context {
  switch (context.state) {
    case 'stateTag':
      return { ...context, state: 'stateAttrName' }
    case 'stateBeforeValue':
      return {
        ...context,
        state: ATTR_START[context.attr],
        delim: 'delimSpaceOrTagEnd',
        attr: 'attrNone',
      }
    case 'stateAfterName':
      return { ...context, state: 'stateAttrName', attr: 'attrNone' }
    default:
      return context
  }
}

/** The context after either of two branches; undefined where they cannot go on together. */
export function join(a: Context, b: Context): Context | undefined {
  if (a.state === 'stateDead') return b
  if (b.state === 'stateDead') return a
  if (areEqual(a, b)) return a
  if (areEqual({ ...a, urlPart: b.urlPart }, b)) return { ...a, urlPart: 'urlPartUnknown' }
  if (areEqual({ ...a, jsCtx: b.jsCtx }, b)) return { ...a, jsCtx: 'jsCtxUnknown' }
  const nudgedA = nudge(a)
  const nudgedB = nudge(b)
  if (areEqual(nudgedA, a) && areEqual(nudgedB, b)) return undefined
  return join(nudgedA, nudgedB)
}
