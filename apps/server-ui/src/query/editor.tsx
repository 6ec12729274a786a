/** The PromQL editor: the official CodeMirror language, completed from our API. Enter runs. */
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap, insertNewlineAndIndent } from '@codemirror/commands'
import { bracketMatching, HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { lintKeymap } from '@codemirror/lint'
import { Compartment, EditorState, Prec } from '@codemirror/state'
import { EditorView, highlightSpecialChars, keymap, placeholder } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { PromQLExtension } from '@prometheus-io/codemirror-promql'
import { useEffect, useRef } from 'react'
import { useSetting } from '../settings.ts'
import { createCompletion } from './complete.ts'

const colors = HighlightStyle.define([
  { tag: tags.name, color: 'var(--syntax-metric)' },
  { tag: tags.labelName, color: 'var(--syntax-label)' },
  { tag: tags.string, color: 'var(--syntax-string)' },
  {
    tag: [tags.keyword, tags.modifier, tags.operatorKeyword, tags.operator],
    color: 'var(--syntax-keyword)',
  },
  { tag: tags.function(tags.variableName), color: 'var(--syntax-keyword)' },
  { tag: tags.number, color: 'var(--syntax-number)' },
  { tag: tags.comment, color: 'var(--dim)', fontStyle: 'italic' },
  { tag: tags.invalid, color: 'var(--bad)' },
])

const look = EditorView.theme({
  '&': { fontSize: '13px', backgroundColor: 'transparent' },
  '&.cm-focused': { outline: 'none' },
  '.cm-content': { fontFamily: 'var(--mantine-font-family-monospace)', caretColor: 'var(--text)' },
  '.cm-tooltip': {
    backgroundColor: 'var(--mantine-color-body)',
    color: 'var(--text)',
    border: '1px solid var(--control)',
  },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    backgroundColor: 'var(--link)',
    color: 'var(--mantine-color-body)',
  },
})

export function Editor({
  value,
  onChange,
  onRun,
}: {
  value: string
  onChange: (text: string) => void
  onRun: (text: string) => void
}) {
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(undefined)
  const language = useRef(new Compartment())
  const handlers = useRef({ onChange, onRun })
  handlers.current = { onChange, onRun }
  const first = useRef(value)
  const [isCompleting] = useSetting('settings.enableAutocomplete')
  const [isLinting] = useSetting('settings.enableLinter')

  useEffect(() => {
    if (!host.current) return
    const editor = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: first.current,
        extensions: [
          look,
          highlightSpecialChars(),
          history(),
          bracketMatching(),
          closeBrackets(),
          autocompletion(),
          EditorView.lineWrapping,
          syntaxHighlighting(colors),
          placeholder('Enter expression (press Shift+Enter for newlines)'),
          EditorView.contentAttributes.of({ 'aria-label': 'Expression' }),
          language.current.of([]),
          Prec.highest(
            keymap.of([
              {
                key: 'Escape',
                run: (view) => {
                  view.contentDOM.blur()
                  return false
                },
              },
            ]),
          ),
          Prec.high(
            keymap.of([
              ...completionKeymap,
              {
                key: 'Enter',
                run: (view) => {
                  handlers.current.onRun(view.state.doc.toString())
                  return true
                },
              },
              { key: 'Shift-Enter', run: insertNewlineAndIndent },
            ]),
          ),
          keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...lintKeymap]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) handlers.current.onChange(update.state.doc.toString())
          }),
        ],
      }),
    })
    view.current = editor
    return () => editor.destroy()
  }, [])

  useEffect(() => {
    const promql = new PromQLExtension()
      .activateCompletion(isCompleting)
      .activateLinter(isLinting)
      .setComplete({ completeStrategy: createCompletion() })
    view.current?.dispatch({ effects: language.current.reconfigure(promql.asExtension()) })
  }, [isCompleting, isLinting])

  useEffect(() => {
    const editor = view.current
    if (editor && editor.state.doc.toString() !== value) {
      editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } })
    }
  }, [value])

  return <div className="editor" ref={host} />
}
