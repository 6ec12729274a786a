/**
 * HTML escaping by context: follows the text of a template through the document it makes, and gives every action the
 * escapers that its place needs. Works on copies of the trees; errors are those of Go's html/template.
 */
import { quoteGo } from '@prom/model'
import { TemplateExecError } from '../errors.ts'
import type {
  ActionNode,
  CommandNode,
  IfNode,
  ListNode,
  Node,
  PipeNode,
  RangeNode,
  TemplateNode,
  TextNode,
  WithNode,
} from '../parse/nodes.ts'
import { printNode } from '../parse/nodes.ts'
import { isEmpty, type Tree } from '../parse/parse.ts'
import {
  areEqual,
  type Context,
  EscapeError,
  isComment,
  isInScriptLiteral,
  join,
  mangle,
  nudge,
  printContext,
  START,
} from './context.ts'
import { stepText } from './transition.ts'

/** Templates that a document may be made of, copies for other contexts counted. */
const TREES_MAX = 10_000

/** All templates reachable from `name`, escaped for a document that `name` makes. Throws TemplateExecError. */
export function escapeTrees(
  trees: ReadonlyMap<string, Tree>,
  name: string,
): ReadonlyMap<string, Tree> {
  const escaper = new Escaper(trees)
  return escaper.run(name)
}

/** A template that cannot be escaped, and where. */
class EscapeFailure extends TemplateExecError {
  readonly place: string
  readonly description: string
  readonly node: Node

  constructor(place: string, description: string, node: Node) {
    super(`${place}: ${description}`)
    this.place = place
    this.description = description
    this.node = node
  }
}

/** Where a loop is left early, and in which context. */
interface Exit {
  readonly context: Context
  readonly node: Node
}

interface Loop {
  readonly breaks: Exit[]
  readonly continues: Exit[]
}

class Escaper {
  readonly #sources: ReadonlyMap<string, Tree>
  /** Escaped copies, under mangled names. */
  #trees = new Map<string, Tree>()
  /** The context after each of them. */
  #outputs = new Map<string, Context>()
  #called = new Set<string>()
  #tree: Tree | undefined
  #loop: Loop | undefined

  constructor(sources: ReadonlyMap<string, Tree>) {
    this.#sources = sources
  }

  run(name: string): ReadonlyMap<string, Tree> {
    const end = this.#template(START, name, undefined).context
    if (end.state !== 'stateText') {
      throw new TemplateExecError(
        `html/template:${name}: ends in a non-text context: ${printContext(end)}`,
      )
    }
    return this.#trees
  }

  /** The context after a template that is entered in `context`, and the name of its copy for that. */
  #template(context: Context, name: string, caller: TemplateNode | undefined) {
    const copyName = mangle(context, name)
    this.#called.add(copyName)
    const known = this.#outputs.get(copyName)
    if (known) return { context: known, name: copyName }
    const source = this.#sources.get(name)
    if (!source || isEmptyAndUnusable(source)) {
      const text = source
        ? `${quoteGo(name)} is an incomplete or empty template`
        : `no such template ${quoteGo(name)}`
      if (caller) this.#failAt(caller, text)
      throw new TemplateExecError(`html/template: ${text}`)
    }
    if (this.#trees.size >= TREES_MAX) {
      throw new TemplateExecError(`html/template:${name}: more than ${TREES_MAX} templates`)
    }
    return { context: this.#fixedPoint(context, source, copyName), name: copyName }
  }

  /** A template may call itself: its end is assumed to be its start, then what that led to. */
  #fixedPoint(context: Context, source: Tree, name: string): Context {
    const first = this.#body(context, context, source, name)
    if (first.isStable) return first.context
    const second = this.#body(context, first.context, source, name)
    if (second.isStable) return second.context
    throw new TemplateExecError(
      `html/template:${source.name}: cannot compute output context for template ${name}`,
    )
  }

  #body(context: Context, assumed: Context, source: Tree, name: string) {
    const before = { tree: this.#tree, loop: this.#loop }
    const saved = { trees: new Map(this.#trees), outputs: new Map(this.#outputs) }
    this.#outputs.set(name, assumed)
    this.#called.delete(name)
    const tree: Tree = { ...source, root: structuredClone(source.root) }
    this.#tree = tree
    this.#loop = undefined
    const end = this.#list(context, tree.root)
    this.#tree = before.tree
    this.#loop = before.loop
    const isStable = !this.#called.has(name) || areEqual(end, assumed)
    if (isStable) {
      this.#trees.set(name, tree)
      this.#outputs.set(name, end)
    } else {
      this.#trees = saved.trees
      this.#outputs = saved.outputs
    }
    return { context: end, isStable }
  }

  #list(start: Context, list: ListNode | undefined): Context {
    let context = start
    for (const node of list?.nodes ?? []) {
      context = this.#node(context, node)
      if (context.state === 'stateDead') break
    }
    return context
  }

  #node(context: Context, node: Node): Context {
    try {
      switch (node.kind) {
        case 'text':
          return escapeText(context, node)
        case 'action':
          return this.#action(context, node)
        case 'if':
        case 'with':
          return this.#branch(context, node)
        case 'range':
          return this.#range(context, node)
        case 'template': {
          const called = this.#template(context, node.name, node)
          node.name = called.name
          return called.context
        }
        case 'break':
          this.#loop?.breaks.push({ context, node })
          return { ...context, state: 'stateDead' }
        case 'continue':
          this.#loop?.continues.push({ context, node })
          return { ...context, state: 'stateDead' }
      }
    } catch (err) {
      if (!(err instanceof EscapeError)) throw err
      if (node.kind !== 'text') return this.#failAt(node, err.message)
      const { parseName } = this.#tree as Tree
      throw new EscapeFailure(`html/template:${parseName}`, err.message, node)
    }
  }

  #action(context: Context, { pipe }: ActionNode): Context {
    if (pipe.declarations.length > 0) return context
    checkPredefined(pipe)
    const place = nudge(context)
    addEscapers(pipe, escapersFor(place, pipe))
    switch (place.state) {
      case 'stateJS':
        return { ...place, jsCtx: 'jsCtxDivOp' }
      case 'stateTag':
        return { ...place, state: 'stateAttrName' }
      default:
        return place
    }
  }

  #branch(context: Context, node: IfNode | WithNode): Context {
    const yes = this.#list(context, node.list)
    const no = this.#list(context, node.elseList)
    return join(yes, no) ?? this.#endsDiffer(node, yes, no)
  }

  #range(context: Context, node: RangeNode): Context {
    const outer = this.#loop
    const loop: Loop = { breaks: [], continues: [] }
    this.#loop = loop
    let once = this.#list(context, node.list)
    once = this.#joinExits(once, loop.continues, 'continue')
    // The body must end where it began, or a second round would read it differently.
    const copy = structuredClone(this.#bodyOf(node))
    this.#loop = { breaks: [], continues: [] }
    const twice = once.state === 'stateDead' ? once : this.#again(node, once, copy)
    this.#loop = outer
    const repeated = join(once, twice)
    if (!repeated) {
      throw new EscapeError(
        `on range loop re-entry: {{range}} branches end in different contexts: ${printContext(once)}, ${printContext(twice)}`,
      )
    }
    const end = this.#joinExits(repeated, loop.breaks, 'break')
    const none = this.#list(context, node.elseList)
    return join(end, none) ?? this.#endsDiffer(node, end, none)
  }

  #again(range: RangeNode, context: Context, copy: ListNode): Context {
    try {
      return this.#list(context, copy)
    } catch (err) {
      if (!(err instanceof EscapeFailure)) throw err
      // Text has no place of its own; the loop's line stands for it.
      const place = err.node.kind === 'text' ? `${err.place}:${range.line}` : err.place
      throw new EscapeFailure(place, `on range loop re-entry: ${err.description}`, range)
    }
  }

  #joinExits(start: Context, exits: readonly Exit[], word: string): Context {
    let context = start
    for (const { context: other, node } of exits) {
      const joined = join(context, other)
      if (!joined) {
        const both = `${printContext(context)}, ${printContext(other)}`
        const text = `{{range}} branches end in different contexts: ${both}`
        this.#failAt(node, `at range loop ${word}: ${text}`)
      }
      context = joined
    }
    return context
  }

  /** The loop's nodes as the source has them: its own are escaped already. */
  #bodyOf(node: RangeNode): ListNode {
    const source = this.#sources.get(this.#tree?.name ?? '')
    return (source && findRange(source.root, node.pos)?.list) ?? node.list
  }

  #endsDiffer(node: IfNode | WithNode | RangeNode, a: Context, b: Context): never {
    throw new EscapeError(
      `{{${node.kind}}} branches end in different contexts: ${printContext(a)}, ${printContext(b)}`,
    )
  }

  #failAt(node: Node, text: string): never {
    const { source, parseName } = this.#tree as Tree
    const before = source.slice(0, node.pos)
    const line = before.split('\n').length
    const column = new TextEncoder().encode(before.slice(before.lastIndexOf('\n') + 1)).length
    throw new EscapeFailure(`html/template:${parseName}:${line}:${column}`, text, node)
  }
}

function isEmptyAndUnusable(tree: Tree): boolean {
  return tree.root.nodes.length === 0 && isEmpty(tree.root) && tree.name === tree.parseName
}

function findRange(list: ListNode, pos: number): RangeNode | undefined {
  for (const node of list.nodes) {
    if (node.kind === 'range' && node.pos === pos) return node
    if (node.kind !== 'if' && node.kind !== 'with' && node.kind !== 'range') continue
    const found = findRange(node.list, pos) ?? (node.elseList && findRange(node.elseList, pos))
    if (found) return found
  }
  return undefined
}

/** Moves the context over a text node; comments and stray `<` change in the node. */
function escapeText(start: Context, node: TextNode): Context {
  const { text } = node
  let context = start
  let out = ''
  let written = 0
  for (let at = 0; at < text.length; ) {
    const { context: next, read } = stepText(context, text.slice(at))
    const end = at + read
    if (context.state === 'stateText' || context.state === 'stateRCDATA') {
      const tag = next.state === context.state ? end : text.lastIndexOf('<', end - 1)
      for (let i = at; i < (tag < at ? end : tag); i++) {
        if (text[i] !== '<' || /^<!doctype/i.test(text.slice(i, i + 9))) continue
        out += `${text.slice(written, i)}&lt;`
        written = i + 1
      }
    } else if (isComment(context.state) && context.delim === 'delimNone') {
      if (context.state === 'stateJSBlockCmt') {
        out += /[\n\r\u2028\u2029]/.test(text.slice(written, end)) ? '\n' : ' '
      } else if (context.state === 'stateCSSBlockCmt') out += ' '
      written = end
    }
    if (next.state !== context.state && isComment(next.state) && next.delim === 'delimNone') {
      const opening = { stateHTMLCmt: 4, stateJSHTMLOpenCmt: 4, stateJSHTMLCloseCmt: 3 }
      const length = opening[next.state as keyof typeof opening] ?? 2
      out += text.slice(written, end - length)
      written = end
    }
    if (isInScriptLiteral(context.state) && /<(script|\/script|!--)/i.test(text.slice(at, end))) {
      out += text.slice(written, at)
      out += text.slice(at, end).replace(/<(?=script|\/script|!--)/gi, '\\x3C')
      written = end
    }
    if (read === 0 && areEqual(next, context)) {
      throw new EscapeError(`infinite loop from ${printContext(context)}`)
    }
    context = next
    at = end
  }
  if (written > 0) {
    if (!isComment(context.state) || context.delim !== 'delimNone') out += text.slice(written)
    node.text = out
  }
  return context
}

const EQUIVALENT: Readonly<Record<string, string>> = {
  _html_template_attrescaper: 'html',
  _html_template_htmlescaper: 'html',
  _html_template_nospaceescaper: 'html',
  _html_template_rcdataescaper: 'html',
  _html_template_urlescaper: 'urlquery',
  _html_template_urlnormalizer: 'urlquery',
}

/** `html` and `urlquery` may only be the last word: what follows them would undo their work. */
function checkPredefined({ commands }: PipeNode): void {
  commands.forEach((command, index) => {
    const [first] = command.args
    if (first?.kind !== 'identifier') return
    const isPredefined = first.name === 'html' || first.name === 'urlquery'
    if (isPredefined && index < commands.length - 1) {
      throw new EscapeError(`predefined escaper ${quoteGo(first.name)} disallowed in template`)
    }
  })
}

function escapersFor(place: Context, pipe: PipeNode): string[] {
  const escapers: string[] = []
  const add = (name: string) => escapers.push(`_html_template_${name}`)
  switch (place.state) {
    case 'stateURL':
    case 'stateCSSDqStr':
    case 'stateCSSSqStr':
    case 'stateCSSDqURL':
    case 'stateCSSSqURL':
    case 'stateCSSURL':
    case 'stateMetaContentURL': {
      const isString = place.state === 'stateCSSDqStr' || place.state === 'stateCSSSqStr'
      if (place.urlPart === 'urlPartUnknown') {
        throw new EscapeError(`{{${printNode(pipe)}}} appears in an ambiguous context within a URL`)
      }
      if (place.urlPart === 'urlPartNone') add('urlfilter')
      if (place.urlPart === 'urlPartQueryOrFrag') add('urlescaper')
      else add(isString ? 'cssescaper' : 'urlnormalizer')
      break
    }
    case 'stateMetaContent':
    case 'stateAttr':
      break
    case 'stateJS':
      add('jsvalescaper')
      break
    case 'stateJSDqStr':
    case 'stateJSSqStr':
      add('jsstrescaper')
      break
    case 'stateJSTmplLit':
      add('jstmpllitescaper')
      break
    case 'stateJSRegexp':
      add('jsregexpescaper')
      break
    case 'stateCSS':
      add('cssvaluefilter')
      break
    case 'stateText':
      add('htmlescaper')
      break
    case 'stateRCDATA':
      add('rcdataescaper')
      break
    case 'stateAttrName':
    case 'stateTag':
      add('htmlnamefilter')
      break
    case 'stateSrcset':
      add('srcsetescaper')
      break
    default:
      add('commentescaper')
  }
  if (place.delim === 'delimSpaceOrTagEnd') add('nospaceescaper')
  else if (place.delim !== 'delimNone') add('attrescaper')
  return escapers
}

/** Appends calls to the pipeline; one that does the work of its last word takes that word's place. */
function addEscapers(pipe: PipeNode, names: readonly string[]): void {
  let missing = [...names]
  const last = pipe.commands.at(-1)
  const lastName = last?.args[0]?.kind === 'identifier' ? last.args[0].name : ''
  if (last && (lastName === 'html' || lastName === 'urlquery')) {
    const same = missing.findIndex((name) => EQUIVALENT[name] === lastName)
    if (same >= 0) missing = missing.filter((_, i) => i !== same)
  }
  for (const name of missing) {
    const command: CommandNode = {
      kind: 'command',
      pos: pipe.pos,
      args: [{ kind: 'identifier', pos: pipe.pos, name }],
    }
    pipe.commands.push(command)
  }
}
