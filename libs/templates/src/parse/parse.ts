/**
 * Parses a template source into named trees, one for the source itself and one per `define` and `block`. The
 * grammar and the error texts are those of Go's text/template/parse.
 */
import { quoteGo } from '@prom/model'
import { TemplateParseError } from '../errors.ts'
import { lex, type Token } from './lex.ts'
import { parseNumber, unquote } from './literals.ts'
import {
  type ChainNode,
  type CommandNode,
  type ListNode,
  type Node,
  type Operand,
  type PipeNode,
  printNode,
  type VariableNode,
} from './nodes.ts'

/** A named template. `source` and `parseName` are those of the text it stands in, for error places. */
export interface Tree {
  readonly name: string
  readonly parseName: string
  readonly source: string
  readonly root: ListNode
}

export interface ParseOptions {
  readonly hasFunction: (name: string) => boolean
}

/** A limit of ours: Go's parser has one too, only deeper. */
const NESTING_MAX = 300

/** Throws TemplateParseError with Go's text. */
export function parseTemplate(name: string, source: string, options: ParseOptions): Tree[] {
  const parser = new Parser(name, source, options)
  return parser.run()
}

type Stop = { readonly kind: 'end' } | { readonly kind: 'else'; readonly isChained: boolean }

class Parser {
  readonly #name: string
  readonly #source: string
  readonly #options: ParseOptions
  readonly #tokens: readonly Token[]
  readonly #trees = new Map<string, Tree>()
  #at = 0
  #variables: string[] = ['$']
  #rangeDepth = 0
  #nesting = 0
  #actionLine = 0
  /** The last token looked at: errors name its line. */
  #furthest = 0

  constructor(name: string, source: string, options: ParseOptions) {
    this.#name = name
    this.#source = source
    this.#options = options
    this.#tokens = lex(source, { functionNames: options.hasFunction })
  }

  run(): Tree[] {
    const root: ListNode = { kind: 'list', pos: 0, nodes: [] }
    while (this.#peek().kind !== 'eof') {
      if (this.#peek().kind === 'leftDelim') {
        const start = this.#at
        this.#next()
        if (isWord(this.#nextNonSpace(), 'define')) {
          this.#definition()
          continue
        }
        this.#at = start
      }
      const found = this.#textOrAction()
      if ('isStop' in found) this.#fail(`unexpected ${found.text}`)
      root.nodes.push(found as Node)
    }
    this.#add(this.#name, root)
    return [...this.#trees.values()]
  }

  #add(name: string, root: ListNode): void {
    const known = this.#trees.get(name)
    if (known && !isEmpty(known.root)) {
      if (isEmpty(root)) return
      this.#fail(`template: multiple definition of template ${quoteGo(name)}`)
    }
    this.#trees.set(name, { name, parseName: this.#name, source: this.#source, root })
  }

  #definition(): void {
    const context = 'define clause'
    const name = this.#templateName(this.#nextNonSpace(), context)
    this.#expect('rightDelim', context)
    const outer = this.#variables
    const outerRange = this.#rangeDepth
    this.#variables = ['$']
    this.#rangeDepth = 0
    const { list, stop } = this.#itemList()
    if (stop.kind !== 'end') this.#fail(`unexpected ${printStop(stop)} in ${context}`)
    this.#variables = outer
    this.#rangeDepth = outerRange
    this.#add(name, list)
  }

  #templateName(token: Token, context: string): string {
    if (token.kind !== 'string' && token.kind !== 'rawString') this.#unexpected(token, context)
    const name = unquote(token.text)
    if (name === undefined) this.#fail('invalid syntax')
    return name
  }

  #itemList(): { readonly list: ListNode; readonly stop: Stop } {
    if (++this.#nesting > NESTING_MAX) this.#fail('max nesting depth exceeded')
    const list: ListNode = { kind: 'list', pos: this.#peekNonSpace().pos, nodes: [] }
    while (this.#peekNonSpace().kind !== 'eof') {
      const found = this.#textOrAction()
      if ('isStop' in found) {
        this.#nesting--
        return { list, stop: found.stop }
      }
      list.nodes.push(found)
    }
    return this.#fail('unexpected EOF')
  }

  #textOrAction(): Node | StopFound {
    const token = this.#nextNonSpace()
    switch (token.kind) {
      case 'text':
        return { kind: 'text', pos: token.pos, text: token.text }
      case 'leftDelim': {
        this.#actionLine = token.line
        const node = this.#action()
        this.#actionLine = 0
        return node
      }
      default:
        return this.#unexpected(token, 'input')
    }
  }

  #action(): Node | StopFound {
    const token = this.#nextNonSpace()
    if (token.kind === 'keyword') {
      switch (token.text) {
        case 'block':
          return this.#block(token)
        case 'break':
        case 'continue':
          return this.#loopExit(token.text, token)
        case 'else':
          return this.#else()
        case 'end':
          this.#expect('rightDelim', 'end')
          return { isStop: true, stop: { kind: 'end' }, text: '{{end}}' }
        case 'if':
        case 'range':
        case 'with':
          return this.#control(token.text, token)
        case 'template':
          return this.#templateCall(token)
      }
    }
    this.#at--
    const first = this.#peek()
    const pipe = this.#pipeline('command', 'rightDelim')
    return { kind: 'action', pos: first.pos, line: first.line, pipe }
  }

  #loopExit(kind: 'break' | 'continue', token: Token): Node {
    const end = this.#nextNonSpace()
    if (end.kind !== 'rightDelim') this.#unexpected(end, `{{${kind}}}`)
    if (this.#rangeDepth === 0) this.#fail(`{{${kind}}} outside {{range}}`)
    return { kind, pos: token.pos, line: token.line }
  }

  #else(): StopFound {
    const next = this.#peekNonSpace()
    const text = '{{else}}'
    if (isWord(next, 'if') || isWord(next, 'with')) {
      return { isStop: true, stop: { kind: 'else', isChained: true }, text }
    }
    this.#expect('rightDelim', 'else')
    return { isStop: true, stop: { kind: 'else', isChained: false }, text }
  }

  #control(kind: 'if' | 'range' | 'with', token: Token): Node {
    const variablesBefore = this.#variables.length
    const pipe = this.#pipeline(kind, 'rightDelim')
    if (kind === 'range') this.#rangeDepth++
    const { list, stop } = this.#itemList()
    if (kind === 'range') this.#rangeDepth--
    let elseList: ListNode | undefined
    if (stop.kind === 'else') {
      const chained = this.#peekNonSpace()
      if (stop.isChained && kind !== 'range' && chained.text === kind) {
        this.#nextNonSpace()
        if (++this.#nesting > NESTING_MAX) this.#fail('max nesting depth exceeded')
        const inner = this.#control(kind, chained)
        this.#nesting--
        elseList = { kind: 'list', pos: chained.pos, nodes: [inner] }
      } else {
        if (stop.isChained) this.#unexpected(this.#nextNonSpace(), 'input')
        const rest = this.#itemList()
        if (rest.stop.kind !== 'end') this.#fail('expected end; found {{else}}')
        elseList = rest.list
      }
    }
    this.#variables.length = variablesBefore
    return { kind, pos: pipe.pos, line: token.line, pipe, list, elseList } as Node
  }

  #block(token: Token): Node {
    const context = 'block clause'
    const name = this.#templateName(this.#nextNonSpace(), context)
    const pipe = this.#pipeline(context, 'rightDelim')
    const outer = this.#variables
    const outerRange = this.#rangeDepth
    this.#variables = ['$']
    this.#rangeDepth = 0
    const { list, stop } = this.#itemList()
    if (stop.kind !== 'end') this.#fail(`unexpected ${printStop(stop)} in ${context}`)
    this.#variables = outer
    this.#rangeDepth = outerRange
    this.#add(name, list)
    return { kind: 'template', pos: token.pos, line: token.line, name, pipe }
  }

  #templateCall(token: Token): Node {
    const context = 'template clause'
    const nameToken = this.#nextNonSpace()
    const name = this.#templateName(nameToken, context)
    let pipe: PipeNode | undefined
    if (this.#nextNonSpace().kind !== 'rightDelim') {
      this.#at--
      pipe = this.#pipeline(context, 'rightDelim')
    }
    return { kind: 'template', pos: nameToken.pos, line: token.line, name, pipe }
  }

  #pipeline(context: string, end: 'rightDelim' | 'rightParen'): PipeNode {
    if (++this.#nesting > NESTING_MAX) this.#fail('max expression depth exceeded')
    const first = this.#peekNonSpace()
    const pipe: PipeNode = {
      kind: 'pipe',
      pos: first.pos,
      line: first.line,
      isAssign: false,
      declarations: [],
      commands: [],
    }
    this.#declarations(pipe, context)
    for (;;) {
      const token = this.#nextNonSpace()
      if (token.kind === end) {
        this.#checkPipeline(pipe, context)
        this.#nesting--
        return pipe
      }
      if (!startsOperand(token)) this.#unexpected(token, context)
      this.#at--
      pipe.commands.push(this.#command())
    }
  }

  #declarations(pipe: PipeNode, context: string): void {
    for (;;) {
      const variable = this.#peekNonSpace()
      if (variable.kind !== 'variable') return
      const start = this.#at
      this.#next()
      const sign = this.#peekNonSpace()
      const isSet = sign.kind === 'assign' || sign.kind === 'declare'
      const isComma = sign.kind === 'char' && sign.text === ','
      if (!isSet && !isComma) {
        this.#at = start
        return
      }
      if (isSet) pipe.isAssign = sign.kind === 'assign'
      this.#nextNonSpace()
      const node: VariableNode = { kind: 'variable', pos: variable.pos, names: [variable.text] }
      pipe.declarations.push(node)
      this.#variables.push(variable.text)
      if (isSet) return
      if (context !== 'range' || pipe.declarations.length >= 2) {
        this.#fail(`too many declarations in ${context}`)
      }
      const next = this.#peekNonSpace().kind
      if (next !== 'variable' && next !== 'rightDelim' && next !== 'rightParen') {
        this.#fail('range can only initialize variables')
      }
    }
  }

  #checkPipeline(pipe: PipeNode, context: string): void {
    if (pipe.commands.length === 0) this.#fail(`missing value for ${context}`)
    pipe.commands.slice(1).forEach((command, i) => {
      const kind = command.args[0]?.kind ?? 'nil'
      if (['bool', 'dot', 'nil', 'number', 'string'].includes(kind)) {
        this.#fail(`non executable command in pipeline stage ${i + 2}`)
      }
    })
  }

  #command(): CommandNode {
    const args: Operand[] = []
    const pos = this.#peekNonSpace().pos
    for (;;) {
      this.#peekNonSpace()
      this.#skipSpace()
      const operand = this.#operand()
      if (operand) args.push(operand)
      const token = this.#next()
      if (token.kind === 'space') continue
      if (token.kind === 'rightDelim' || token.kind === 'rightParen') this.#at--
      else if (token.kind !== 'pipe') this.#unexpected(token, 'operand')
      break
    }
    if (args.length === 0) this.#fail('empty command')
    return { kind: 'command', pos, args }
  }

  #operand(): Operand | undefined {
    const term = this.#term()
    if (!term || this.#peek().kind !== 'field') return term
    const pos = this.#peek().pos
    const names: string[] = []
    while (this.#peek().kind === 'field') names.push(this.#next().text.slice(1))
    switch (term.kind) {
      case 'field':
        return { kind: 'field', pos, names: [...term.names, ...names] }
      case 'variable':
        return { kind: 'variable', pos, names: [...term.names, ...names] }
      case 'bool':
      case 'string':
      case 'number':
      case 'nil':
      case 'dot':
        return this.#fail(`unexpected . after term ${quoteGo(printNode(term))}`)
      default:
        return { kind: 'chain', pos, operand: term, names } satisfies ChainNode
    }
  }

  #term(): Operand | undefined {
    const token = this.#nextNonSpace()
    const { pos, text } = token
    switch (token.kind) {
      case 'identifier':
        if (!this.#options.hasFunction(text)) {
          this.#fail(`function ${quoteGo(text)} not defined`)
        }
        return { kind: 'identifier', pos, name: text }
      case 'keyword':
        if (text === '.') return { kind: 'dot', pos }
        if (text === 'nil') return { kind: 'nil', pos }
        break
      case 'variable':
        if (!this.#variables.includes(text)) this.#fail(`undefined variable ${quoteGo(text)}`)
        return { kind: 'variable', pos, names: [text] }
      case 'field':
        return { kind: 'field', pos, names: [text.slice(1)] }
      case 'bool':
        return { kind: 'bool', pos, value: text === 'true' }
      case 'charConstant':
        return this.#charConstant(token)
      case 'number':
        return this.#numberLiteral(token)
      case 'leftParen':
        return this.#pipeline('parenthesized pipeline', 'rightParen')
      case 'string':
      case 'rawString': {
        const value = unquote(text)
        if (value === undefined) this.#fail('invalid syntax')
        return { kind: 'string', pos, quoted: text, text: value }
      }
    }
    this.#at--
    return undefined
  }

  #charConstant({ pos, text }: Token): Operand {
    const value = unquote(text)
    if (value === undefined || [...value].length !== 1) {
      this.#fail(`malformed character constant: ${text}`)
    }
    const code = value.codePointAt(0) as number
    return { kind: 'number', pos, text, int: BigInt(code), float: code, isRune: true }
  }

  #numberLiteral({ pos, text }: Token): Operand {
    if (text.endsWith('i')) this.#fail(`complex numbers are not supported: ${quoteGo(text)}`)
    const value = parseNumber(text)
    if (!value) this.#fail(`illegal number syntax: ${quoteGo(text)}`)
    if (value.isOverflow) this.#fail(`integer overflow: ${quoteGo(text)}`)
    return { kind: 'number', pos, text, int: value.int, float: value.float, isRune: false }
  }

  /** The last token (end or error) again and again. */
  #peek(): Token {
    const at = Math.min(this.#at, this.#tokens.length - 1)
    if (at > this.#furthest) this.#furthest = at
    return this.#tokens[at] as Token
  }

  #next(): Token {
    const token = this.#peek()
    this.#at++
    return token
  }

  #skipSpace(): void {
    while (this.#peek().kind === 'space') this.#at++
  }

  #nextNonSpace(): Token {
    this.#skipSpace()
    return this.#next()
  }

  #peekNonSpace(): Token {
    this.#skipSpace()
    return this.#peek()
  }

  #expect(kind: Token['kind'], context: string): void {
    const token = this.#nextNonSpace()
    if (token.kind !== kind) this.#unexpected(token, context)
  }

  #unexpected(token: Token, context: string): never {
    if (token.kind === 'error') {
      let text = token.text
      if (this.#actionLine !== 0 && this.#actionLine !== token.line) {
        text = text.endsWith(' action') ? text.slice(0, -' action'.length) : text
        const isShort = text !== token.text
        text += `${isShort ? '' : ' in'} action started at ${this.#name}:${this.#actionLine}`
      }
      this.#fail(text)
    }
    return this.#fail(`unexpected ${printToken(token)} in ${context}`)
  }

  #fail(text: string): never {
    const { line } = this.#tokens[this.#furthest] as Token
    throw new TemplateParseError(`template: ${this.#name}:${line}: ${text}`)
  }
}

interface StopFound {
  readonly isStop: true
  readonly stop: Stop
  readonly text: string
}

function printStop(stop: Stop): string {
  return stop.kind === 'end' ? '{{end}}' : '{{else}}'
}

function isWord(token: Token, word: string): boolean {
  return token.kind === 'keyword' && token.text === word
}

function startsOperand(token: Token): boolean {
  switch (token.kind) {
    case 'bool':
    case 'charConstant':
    case 'field':
    case 'identifier':
    case 'number':
    case 'rawString':
    case 'string':
    case 'variable':
    case 'leftParen':
      return true
    case 'keyword':
      return token.text === '.' || token.text === 'nil'
    default:
      return false
  }
}

function printToken(token: Token): string {
  if (token.kind === 'eof') return 'EOF'
  if (token.kind === 'keyword') return `<${token.text}>`
  const chars = [...token.text]
  return chars.length > 10 ? `${quoteGo(chars.slice(0, 10).join(''))}...` : quoteGo(token.text)
}

/** Only blanks and definitions: such a template does not replace one with content. */
export function isEmpty(list: ListNode): boolean {
  return list.nodes.every((node) => node.kind === 'text' && node.text.trim() === '')
}
