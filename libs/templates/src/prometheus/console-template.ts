/** Console templates: HTML pages of the operator's own, under /consoles/. */
import { FunctionError, TemplateExecError, TemplateParseError } from '../errors.ts'
import { define, type FunctionTable } from '../functions/define.ts'
import { HTML_TEXT } from '../functions/text.ts'
import { compileTemplates, type TemplateSet, type TemplateSource } from '../template-set.ts'
import {
  type GoList,
  GoMap,
  GoStruct,
  GoText,
  type GoType,
  stringMap,
  strings,
  type Value,
} from '../values.ts'
import { type ExpandScope, QueryingExpander } from './expand.ts'
import { prometheusFunctionNames } from './functions.ts'

const PROLOGUE =
  '{{$rawParams := .RawParams }}{{$params := .Params}}{{$path := .Path}}{{$externalLabels := .ExternalLabels}}'

const DATA: GoType<GoStruct> = {
  name: 'struct { RawParams url.Values; Params map[string]string; Path string; ExternalLabels map[string]string }',
}

const URL_VALUES: GoType<GoMap> = {
  name: 'url.Values',
  element: '[]string',
  zero: strings([]),
  methods: {
    Get: {
      params: ['string'],
      call: (self, name) => {
        const list = (self as GoMap).entries.get(name as string) as GoList | undefined
        return list?.items[0] ?? ''
      },
    },
    Has: {
      params: ['string'],
      call: (self, name) => (self as GoMap).entries.has(name as string),
    },
  },
}

export interface ConsoleRequest extends ExpandScope {
  /** Path below /consoles/, as in the request. */
  readonly name: string
  readonly text: string
  /** The `*.lib` files of the libraries folder, under their base names. */
  readonly libraries: readonly TemplateSource[]
  readonly params: ReadonlyMap<string, readonly string[]>
  readonly externalLabels: Readonly<Record<string, string>>
}

const parsing: FunctionTable = {
  ...prometheusFunctionNames,
  tmpl: define(['string', 'any'], () => ''),
}

/** The page. Rejects with an Error that has the original's text. */
export async function expandConsole(request: ConsoleRequest): Promise<string> {
  const name = `__console_${request.name}`
  const set = compile(name, request)
  const data = new GoStruct(DATA, {
    RawParams: new GoMap(
      URL_VALUES,
      new Map([...request.params].map(([key, values]) => [key, strings(values)])),
    ),
    Params: stringMap([...request.params].map(([key, [first = '']]) => [key, first] as const)),
    Path: request.name.replace(/^\/+/, ''),
    ExternalLabels: stringMap(request.externalLabels),
  })
  const expander = new QueryingExpander(request, (functions) => {
    const withTmpl: FunctionTable = { ...functions, tmpl: define(['string', 'any'], run) }
    function run(wanted: string, value: Value): Value {
      try {
        return new GoText(HTML_TEXT, set.execute(wanted, value, withTmpl))
      } catch (err) {
        if (!(err instanceof TemplateExecError)) throw err
        throw new FunctionError(err.message)
      }
    }
    return withTmpl
  })
  try {
    return await expander.run(set, name, data)
  } catch (err) {
    if (!(err instanceof TemplateExecError)) throw err
    throw new TemplateExecError(`error executing template ${name}: ${err.message}`)
  }
}

function compile(name: string, { text, libraries }: ConsoleRequest): TemplateSet {
  let what = `template ${name}`
  try {
    let set = compileTemplates([{ name, text: PROLOGUE + text }], parsing, { isHtml: true })
    what = `template files ${name}`
    for (const library of libraries) set = set.with(library.name, library.text)
    return set
  } catch (err) {
    if (!(err instanceof TemplateParseError)) throw err
    throw new TemplateParseError(`error parsing ${what}: ${err.message}`)
  }
}
