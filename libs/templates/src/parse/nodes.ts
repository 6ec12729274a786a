/** The parsed template. `pos` is the offset in the source that an error about the node names. */

export type Node =
  | TextNode
  | ActionNode
  | IfNode
  | WithNode
  | RangeNode
  | TemplateNode
  | BreakNode
  | ContinueNode

export interface ListNode {
  readonly kind: 'list'
  readonly pos: number
  nodes: Node[]
}

export interface TextNode {
  readonly kind: 'text'
  readonly pos: number
  text: string
}

export interface ActionNode {
  readonly kind: 'action'
  readonly pos: number
  readonly line: number
  readonly pipe: PipeNode
}

interface Branch {
  readonly pos: number
  readonly line: number
  readonly pipe: PipeNode
  readonly list: ListNode
  readonly elseList: ListNode | undefined
}

export interface IfNode extends Branch {
  readonly kind: 'if'
}
export interface WithNode extends Branch {
  readonly kind: 'with'
}
export interface RangeNode extends Branch {
  readonly kind: 'range'
}

export interface TemplateNode {
  readonly kind: 'template'
  readonly pos: number
  readonly line: number
  name: string
  readonly pipe: PipeNode | undefined
}

export interface BreakNode {
  readonly kind: 'break'
  readonly pos: number
  readonly line: number
}

export interface ContinueNode {
  readonly kind: 'continue'
  readonly pos: number
  readonly line: number
}

export interface PipeNode {
  readonly kind: 'pipe'
  readonly pos: number
  readonly line: number
  isAssign: boolean
  readonly declarations: VariableNode[]
  commands: CommandNode[]
}

export interface CommandNode {
  readonly kind: 'command'
  readonly pos: number
  readonly args: Operand[]
}

export type Operand =
  | IdentifierNode
  | VariableNode
  | FieldNode
  | ChainNode
  | DotNode
  | NilNode
  | BoolNode
  | NumberNode
  | StringNode
  | PipeNode

export interface IdentifierNode {
  readonly kind: 'identifier'
  readonly pos: number
  readonly name: string
}

/** `$x.Foo.Bar`: the name with its `$`, then fields. */
export interface VariableNode {
  readonly kind: 'variable'
  readonly pos: number
  readonly names: readonly string[]
}

export interface FieldNode {
  readonly kind: 'field'
  readonly pos: number
  readonly names: readonly string[]
}

/** `(pipeline).Foo.Bar`, `func.Foo`. */
export interface ChainNode {
  readonly kind: 'chain'
  readonly pos: number
  readonly operand: Operand
  readonly names: string[]
}

export interface DotNode {
  readonly kind: 'dot'
  readonly pos: number
}

export interface NilNode {
  readonly kind: 'nil'
  readonly pos: number
}

export interface BoolNode {
  readonly kind: 'bool'
  readonly pos: number
  readonly value: boolean
}

export interface NumberNode {
  readonly kind: 'number'
  readonly pos: number
  readonly text: string
  /** The value as an int, if it is one. */
  readonly int: bigint | undefined
  readonly float: number | undefined
  readonly isRune: boolean
}

export interface StringNode {
  readonly kind: 'string'
  readonly pos: number
  readonly quoted: string
  readonly text: string
}

/** A node as an error text quotes it. */
export function printNode(node: Node | Operand | CommandNode | ListNode): string {
  switch (node.kind) {
    case 'list':
      return node.nodes.map(printNode).join('')
    case 'text':
      return node.text
    case 'action':
      return `{{${printNode(node.pipe)}}}`
    case 'if':
    case 'with':
    case 'range': {
      const tail = node.elseList ? `{{else}}${printNode(node.elseList)}` : ''
      return `{{${node.kind} ${printNode(node.pipe)}}}${printNode(node.list)}${tail}{{end}}`
    }
    case 'template': {
      const pipe = node.pipe ? ` ${printNode(node.pipe)}` : ''
      return `{{template ${JSON.stringify(node.name)}${pipe}}}`
    }
    case 'break':
      return '{{break}}'
    case 'continue':
      return '{{continue}}'
    case 'pipe': {
      const names = node.declarations.map(printNode).join(', ')
      const sign = names === '' ? '' : ` ${node.isAssign ? '=' : ':='} `
      return names + sign + node.commands.map(printNode).join(' | ')
    }
    case 'command':
      return node.args
        .map((arg) => (arg.kind === 'pipe' ? `(${printNode(arg)})` : printNode(arg)))
        .join(' ')
    default:
      return printOperand(node)
  }
}

function printOperand(node: Exclude<Operand, PipeNode>): string {
  switch (node.kind) {
    case 'identifier':
      return node.name
    case 'variable':
      return node.names.join('.')
    case 'field':
      return node.names.map((name) => `.${name}`).join('')
    case 'chain': {
      const operand = printNode(node.operand)
      const base = node.operand.kind === 'pipe' ? `(${operand})` : operand
      return base + node.names.map((name) => `.${name}`).join('')
    }
    case 'dot':
      return '.'
    case 'nil':
      return 'nil'
    case 'bool':
      return String(node.value)
    case 'number':
      return node.text
    case 'string':
      return node.quoted
  }
}
