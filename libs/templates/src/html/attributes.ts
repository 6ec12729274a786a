/** Which attributes hold URLs, scripts, styles, and which names an action must not produce. */
import type { Attr } from './context.ts'

export type AttrContent = 'plain' | 'url' | 'style' | 'script' | 'srcset' | 'unsafe'

const URLS = new Set([
  'action',
  'archive',
  'background',
  'cite',
  'classid',
  'codebase',
  'data',
  'formaction',
  'href',
  'icon',
  'longdesc',
  'manifest',
  'poster',
  'profile',
  'src',
  'usemap',
  'xmlns',
])

const UNSAFE = new Set([
  'accept-charset',
  'async',
  'challenge',
  'charset',
  'content',
  'crossorigin',
  'defer',
  'enctype',
  'form',
  'formenctype',
  'formmethod',
  'formnovalidate',
  'http-equiv',
  'keytype',
  'language',
  'method',
  'novalidate',
  'pattern',
  'pubdate',
  'rel',
  'sandbox',
  'type',
  'value',
])

// Names that look like URLs to the heuristics below but are known not to be.
const PLAIN = new Set(['span', 'srclang', 'srcdoc'])

/** `name` in lower case. */
export function attrContent(name: string): AttrContent {
  let known = name
  if (name.startsWith('data-')) known = name.slice('data-'.length)
  else {
    const colon = name.indexOf(':')
    if (colon >= 0) {
      if (name.slice(0, colon) === 'xmlns') return 'url'
      known = name.slice(colon + 1)
    }
  }
  if (known === 'srcdoc') return 'plain'
  if (known === 'style') return 'style'
  if (known === 'srcset') return 'srcset'
  if (URLS.has(known)) return 'url'
  if (UNSAFE.has(known)) return 'unsafe'
  if (PLAIN.has(known)) return 'plain'
  if (known.startsWith('on')) return 'script'
  return /src|uri|url/.test(known) ? 'url' : 'plain'
}

const ATTRS: Readonly<Record<AttrContent, Attr>> = {
  plain: 'attrNone',
  unsafe: 'attrNone',
  url: 'attrURL',
  style: 'attrStyle',
  script: 'attrScript',
  srcset: 'attrSrcset',
}

export function attrKind(name: string): Attr {
  return ATTRS[attrContent(name)]
}

/** Whether a `type` attribute of a script says JavaScript (or JSON, or nothing known to be other). */
export function isScriptType(value: string): boolean {
  const type = (value.split(';')[0] as string).trim().toLowerCase()
  return SCRIPT_TYPES.has(type) || /^application\/.*\+json$/.test(type)
}

const SCRIPT_TYPES = new Set([
  'application/ecmascript',
  'application/javascript',
  'application/json',
  'application/ld+json',
  'application/x-ecmascript',
  'application/x-javascript',
  'module',
  'text/ecmascript',
  'text/javascript',
  'text/javascript1.0',
  'text/javascript1.1',
  'text/javascript1.2',
  'text/javascript1.3',
  'text/javascript1.4',
  'text/javascript1.5',
  'text/jscript',
  'text/livescript',
  'text/x-ecmascript',
  'text/x-javascript',
])
