import { alertmanagerFunctions } from './alertmanager/functions.ts'
import { TemplateExecError, TemplateParseError } from './errors.ts'
import { compileTemplates } from './template-set.ts'

const functions = alertmanagerFunctions({ now: () => 0 })
const limits = { stepsMax: 20_000, outputMax: 10_000, depthMax: 100 }

function refuses(name: string, text: string, error: string): void {
  test(`refuses ${name}`, () => {
    const set = compileTemplates([{ name: 't', text }], functions, { limits })
    const run = () => set.execute('t', {})
    expect(run).toThrow(TemplateExecError)
    expect(run).toThrow(error)
  })
}

refuses('an endless loop', '{{range 1000000000000}}{{end}}', 'more than 20000 steps')
refuses(
  'loops inside loops',
  '{{range 1000}}{{range 1000}}{{range 1000}}{{end}}{{end}}{{end}}',
  'more than 20000 steps',
)
refuses('a template that calls itself', '{{template "t"}}', 'exceeded maximum template depth (100)')
refuses('endless output', '{{range 3000}}0123456789{{end}}', 'output is larger than 10000')
refuses(
  'a value that doubles itself',
  '{{$x := "0123456789"}}{{range 100}}{{$x = print $x $x}}{{end}}',
  'value is larger than 10000',
)
refuses('wide padding', '{{printf "%999999d" 1}}', 'value is larger than 10000')
refuses(
  'long work on long texts',
  '{{$x := printf "%9999d" 1}}{{range 1000}}{{$y := toUpper $x}}{{end}}',
  'more than 20000 steps',
)
refuses(
  'growing by replacement',
  '{{$x := "aaaaaaaaaa"}}{{range 10}}{{$x = reReplaceAll "a" "aaaaaaaaaa" $x}}{{end}}',
  'value is larger than 10000',
)

test('refuses to print a small value that is huge when written out', () => {
  const doubled = '{{$x := list 1}}{{range 40}}{{$x = list $x $x}}{{end}}'
  const f = (text: string, error: string) => {
    const set = compileTemplates([{ name: 't', text: doubled + text }], functions)
    expect(() => set.execute('t', {})).toThrow(error)
  }
  f('{{$x}}', 'value is too large to print')
  f('{{print $x}}', 'value is too large to print')
  f('{{toJson $x}}', 'json: value is too large')
})

test('refuses to parse endless nesting', () => {
  const opened = '{{if true}}'.repeat(5000) + '{{end}}'.repeat(5000)
  expect(() => compileTemplates([{ name: 't', text: opened }], functions)).toThrow(
    TemplateParseError,
  )
  const parens = `{{${'('.repeat(5000)}1${')'.repeat(5000)}}}`
  expect(() => compileTemplates([{ name: 't', text: parens }], functions)).toThrow(
    'max expression depth exceeded',
  )
  const elseIf = `{{if true}}${'{{else if true}}'.repeat(5000)}{{end}}`
  expect(() => compileTemplates([{ name: 't', text: elseIf }], functions)).toThrow(
    /max (nesting|expression) depth exceeded/,
  )
})

test('takes regular expressions that make other engines run for ever', () => {
  const text = '{{match "(a+)+$" .}}'
  const set = compileTemplates([{ name: 't', text }], functions)
  expect(set.execute('t', `${'a'.repeat(5000)}b`)).toBe('false')
})

test('survives random bytes of template syntax', () => {
  const pieces = [
    '{{',
    '}}',
    'if',
    'range',
    'end',
    ' ',
    '.',
    '$x',
    ':=',
    '"',
    '`',
    '(',
    ')',
    '|',
    '-',
    'len',
    '\n',
    '\u0000',
    'é',
    '😀',
    '/*',
    '*/',
    'define',
    '1',
    'else',
  ]
  let seed = 42
  const next = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648
  for (let round = 0; round < 3000; round++) {
    let text = ''
    for (let i = 0; i < 12; i++) text += pieces[Math.floor(next() * pieces.length)]
    let error: unknown
    try {
      compileTemplates([{ name: 't', text }], functions, { limits }).execute('t', { a: 1n })
    } catch (err) {
      error = err
    }
    const isExpected =
      error === undefined ||
      error instanceof TemplateParseError ||
      error instanceof TemplateExecError
    expect({ text, isExpected }).toEqual({ text, isExpected: true })
  }
})
