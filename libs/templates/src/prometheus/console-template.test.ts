import { type ConsoleRequest, expandConsole } from './console-template.ts'

const asked: string[] = []

function request(text: string, libraries: ConsoleRequest['libraries'] = []): ConsoleRequest {
  return {
    name: 'node.html',
    text,
    libraries,
    params: new Map([
      ['instance', ['a<b', 'c']],
      ['job', ['node']],
    ]),
    externalLabels: { region: 'eu' },
    externalUrl: 'http://prom/base',
    timeMs: 1_700_000_000_000,
    query: async (expression) => {
      asked.push(expression)
      if (expression === 'bad') throw new Error('parse error')
      return [{ labels: ['instance', `<${expression}>`], value: 1.5 }]
    },
  }
}

function renders(text: string, expected: string, library = ''): void {
  test(`renders ${text}`, async () => {
    const libraries = library === '' ? [] : [{ name: 'menu.lib', text: library }]
    expect(await expandConsole(request(text, libraries))).toBe(expected)
  })
}

renders(
  '<p>{{ $params.instance }} {{ .Path }} {{ $path }}</p>',
  '<p>a&lt;b node.html node.html</p>',
)
renders(
  '{{ range $rawParams.instance }}[{{ . }}]{{ end }}{{ $rawParams.Get "job" }}',
  '[a&lt;b][c]node',
)
renders('<a href="{{ pathPrefix }}/x?i={{ $params.instance }}">', '<a href="/base/x?i=a%3cb">')
renders('{{ $externalLabels.region }} {{ "<i>" | safeHtml }}', 'eu <i>')
renders(
  '{{ range query "up" }}<td title="{{ .Labels.instance }}">{{ .Value }}</td>{{ end }}',
  '<td title="&lt;up&gt;">1.5</td>',
)
renders(
  '{{ template "head" . }}{{ tmpl "cell" (args "up" 3) }}',
  '<h1>node.html</h1><b>&lt;up&gt;3</b>',
  '{{ define "head" }}<h1>{{ .Path }}</h1>{{ end }}' +
    '{{ define "cell" }}<b>{{ with query .arg0 }}{{ . | first | label "instance" }}{{ end }}{{ .arg1 }}</b>{{ end }}',
)

test('errors say what went wrong and where, as the original does', async () => {
  const f = (text: string, error: string, library = '') =>
    expect(expandConsole(request(text, [{ name: 'x.lib', text: library }]))).rejects.toThrow(error)
  await f(
    '{{ nope }}',
    'error parsing template __console_node.html: template: __console_node.html:1: function "nope" not defined',
  )
  await f(
    '',
    'error parsing template files __console_node.html: template: x.lib:1: unexpected EOF',
    '{{ if true }}',
  )
  await f(
    '{{ query "bad" }}',
    'error executing template __console_node.html: template: __console_node.html:1:',
  )
  await f(
    '<a href="',
    'error executing template __console_node.html: html/template:__console_node.html: ends in a non-text context',
  )
})

test('templates that call themselves through tmpl end', async () => {
  const text = '{{ define "x" }}{{ tmpl "x" . }}{{ tmpl "x" . }}{{ end }}{{ tmpl "x" . }}'
  await expect(expandConsole(request(text))).rejects.toThrow('error executing template')
})
