/**
 * Upper and lower case letter by letter, as Go's strings.ToUpper and ToLower: one character stays one character.
 * JavaScript's own mapping may yield several (`ß` becomes `SS`) and looks at neighbours (final sigma).
 */
export function toUpperSimple(text: string): string {
  return /^[\0-\x7f]*$/.test(text) ? text.toUpperCase() : mapCharacters(text, upper)
}

export function toLowerSimple(text: string): string {
  return /^[\0-\x7f]*$/.test(text) ? text.toLowerCase() : mapCharacters(text, lower)
}

function mapCharacters(text: string, map: (character: string) => string): string {
  let out = ''
  for (const character of text) out += map(character)
  return out
}

function upper(character: string): string {
  const mapped = character.toUpperCase()
  return isOne(mapped) ? mapped : (UPPER_ALONE.get(character.codePointAt(0) as number) ?? character)
}

function lower(character: string): string {
  if (character === '\u0130') return 'i' // Compat: capital I with dot loses its dot.
  const mapped = character.toLowerCase()
  return isOne(mapped) ? mapped : character
}

function isOne(text: string): boolean {
  return text.length === 1 || (text.length === 2 && (text.codePointAt(0) as number) > 0xffff)
}

/** Greek letters with iota subscript: their one-character capital differs from their full mapping. */
const UPPER_ALONE = new Map<number, string>([
  ...[0x1f80, 0x1f90, 0x1fa0].flatMap((start) =>
    Array.from({ length: 8 }, (_, i): [number, string] => [
      start + i,
      String.fromCharCode(start + i + 8),
    ]),
  ),
  [0x1fb3, '\u1fbc'],
  [0x1fc3, '\u1fcc'],
  [0x1ff3, '\u1ffc'],
])
