import { RegexError } from './anchored-regex.ts'
import { SearchRegex } from './search-regex.ts'

function replaced(pattern: string, replacement: string, text: string, expected: string): void {
  test(`replaces ${pattern} by ${replacement} in ${text}`, () => {
    expect(SearchRegex.compile(pattern).replaceAll(text, replacement)).toBe(expected)
  })
}

replaced('b+', 'x', 'abbcb', 'axcx')
replaced('(\\w+)-(\\w+)', '$2-$1', 'a-b c-d', 'b-a d-c')
// biome-ignore lint/suspicious/noTemplateCurlyInString: the dollar is the pattern's own
replaced('(?P<k>\\w)=', '${k}:', 'a=b=', 'a:b:')
replaced('a*', 'x', 'baac', 'xbxcx')
replaced('', '-', 'é😀', '-é-😀-')
replaced('^a', 'x', 'aaa', 'xaa')
replaced('a|$', '!', 'bab', 'b!b!')
replaced('x', '$1', 'axb', 'ab')

test('a pattern may match anywhere', () => {
  expect(SearchRegex.compile('b.d').test('abcde')).toBe(true)
  expect(SearchRegex.compile('^b').test('abcde')).toBe(false)
})

test('a wrong pattern is told as Go tells it', () => {
  expect(() => SearchRegex.compile('(')).toThrow(RegexError)
  expect(() => SearchRegex.compile('(')).toThrow('error parsing regexp: missing closing ): `(`')
})
