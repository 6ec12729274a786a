/** A template that does not parse. The text is Go's: `template: name:1: unexpected "}" in operand`. */
export class TemplateParseError extends Error {}

/** A template that failed while executing. The text is Go's: `template: name:1:3: executing "name" at <.Foo>: ...`. */
export class TemplateExecError extends Error {}

/** What a template function throws: its message becomes `error calling <function>: <message>`. */
export class FunctionError extends Error {}
