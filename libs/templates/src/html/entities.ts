/** Character references in attribute values, as far as scripts, styles and URLs can depend on them. */
const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
  num: '#',
  quest: '?',
  colon: ':',
  sol: '/',
  bsol: '\\',
  grave: '`',
  lpar: '(',
  rpar: ')',
  lbrace: '{',
  rbrace: '}',
  lcub: '{',
  rcub: '}',
  dollar: '$',
  semi: ';',
  equals: '=',
  Tab: '\t',
  NewLine: '\n',
}

export function unescapeHtml(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&(?:#(\d{1,7});?|#[xX]([0-9a-fA-F]{1,6});?|(\w+);?)/g, replaceReference)
}

function replaceReference(
  whole: string,
  decimal: string | undefined,
  hex: string | undefined,
  name: string | undefined,
): string {
  if (name !== undefined) return Object.hasOwn(NAMED, name) ? (NAMED[name] as string) : whole
  const code = decimal === undefined ? Number.parseInt(hex as string, 16) : Number(decimal)
  const isChar = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code < 0xe000)
  return isChar ? String.fromCodePoint(code) : '\ufffd'
}
