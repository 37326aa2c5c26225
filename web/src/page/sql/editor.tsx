import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { PostgreSQL, sql } from '@codemirror/lang-sql'
import { bracketMatching, HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { type Diagnostic, setDiagnostics } from '@codemirror/lint'
import { Compartment, EditorState } from '@codemirror/state'
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers, placeholder } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { type RefObject, useEffect, useImperativeHandle, useRef } from 'react'
import type { SchemaTable } from '../../api/types.ts'
import { stretchAt } from './position.ts'

export interface EditorHandle {
  text: () => string
  /** What is selected, and where it starts; null where nothing is. */
  selection: () => { text: string; start: number } | null
  set: (text: string) => void
  insert: (text: string) => void
  /** Marks what is wrong, `start` characters into the text. */
  mark: (problems: { message: string; location?: string }[], start: number) => void
  focus: () => void
}

const theme = EditorView.theme({
  '&': { height: '100%', fontSize: '13px', color: 'var(--text)', backgroundColor: 'transparent' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '20px', fontFeatureSettings: '"calt" 0' },
  '.cm-content': { padding: '10px 0', caretColor: 'var(--accent)' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--text-3)', border: 'none', paddingLeft: '8px' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'transparent' },
  '&.cm-focused .cm-activeLine': { backgroundColor: 'var(--sunken)' },
  '.cm-cursor': { borderLeftColor: 'var(--accent)', borderLeftWidth: '2px' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'var(--accent-soft) !important',
  },
  '.cm-matchingBracket': { backgroundColor: 'var(--accent-soft) !important', color: 'inherit !important' },
  '.cm-placeholder': { color: 'var(--text-3)' },
  '.cm-tooltip': {
    backgroundColor: 'var(--surface)',
    border: '1px solid var(--line-strong)',
    borderRadius: '6px',
    overflow: 'hidden',
  },
  '.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mono)', fontSize: '12px' },
  '.cm-tooltip-autocomplete > ul > li': { padding: '3px 8px' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: 'var(--accent)', color: 'var(--on-accent)' },
  '.cm-completionDetail': { color: 'var(--text-3)', fontStyle: 'normal' },
  '.cm-diagnostic-error': { borderLeft: '3px solid var(--rejected)' },
  '.cm-lintRange-error': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--rejected)',
    textUnderlineOffset: '3px',
    backgroundColor: 'var(--rejected-soft)',
  },
})

const colors = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--accent)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--accepted)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--quarantined)' },
  { tag: [tags.lineComment, tags.blockComment], color: 'var(--text-3)', fontStyle: 'italic' },
  { tag: tags.typeName, color: 'var(--text-2)' },
])

function language(tables: readonly SchemaTable[]) {
  const schema = Object.fromEntries(
    tables.map(table => [table.name, table.columns.map(c => ({ label: c.name, detail: c.type, type: 'property' }))]),
  )
  return sql({ dialect: PostgreSQL, schema, upperCaseKeywords: true })
}

function runFrom(run: RefObject<() => void>): boolean {
  run.current()
  return true
}

interface EditorProps {
  handle: RefObject<EditorHandle | null>
  initial: string
  tables: readonly SchemaTable[]
  onRun: () => void
}

/**
 * The editor lives in a shadow root, where its style sheets are adopted rather than written into the
 * page, so that the content security policy needs no exception for inline styles.
 */
export function Editor({ handle, initial, tables, onRun }: EditorProps) {
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView | null>(null)
  const run = useRef(onRun)
  run.current = onRun
  const parts = useRef({ language: new Compartment() })

  // biome-ignore lint/correctness/useExhaustiveDependencies: made once; later changes go through the handle
  useEffect(() => {
    if (!host.current) return
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: 'open' })
    const made = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: initial,
        extensions: [
          keymap.of([
            { key: 'Mod-Enter', run: () => runFrom(run), preventDefault: true },
            ...closeBracketsKeymap,
            ...defaultKeymap,
            ...historyKeymap,
            ...completionKeymap,
          ]),
          lineNumbers(),
          history(),
          drawSelection(),
          bracketMatching(),
          closeBrackets(),
          autocompletion({ icons: false }),
          highlightActiveLine(),
          EditorView.lineWrapping,
          placeholder('SELECT … FROM order_lines'),
          EditorView.contentAttributes.of({ 'aria-label': 'SQL query' }),
          parts.current.language.of(language(tables)),
          syntaxHighlighting(colors),
          theme,
        ],
      }),
    })
    view.current = made
    return () => made.destroy()
  }, [])

  useEffect(() => {
    view.current?.dispatch({ effects: parts.current.language.reconfigure(language(tables)) })
  }, [tables])

  useImperativeHandle(handle, () => handleOf(view), [])
  return <div ref={host} className="editor" />
}

function handleOf(view: RefObject<EditorView | null>): EditorHandle {
  return {
    text: () => view.current?.state.doc.toString() ?? '',
    selection: () => {
      const state = view.current?.state
      if (!state || state.selection.main.empty) return null
      const { from, to } = state.selection.main
      return { text: state.sliceDoc(from, to), start: from }
    },
    set: text => {
      const now = view.current
      if (!now || now.state.doc.toString() === text) return
      now.dispatch({ changes: { from: 0, to: now.state.doc.length, insert: text }, selection: { anchor: text.length } })
    },
    insert: text => {
      view.current?.dispatch(view.current.state.replaceSelection(text))
      view.current?.focus()
    },
    mark: (problems, start) => {
      const state = view.current?.state
      if (!state) return
      const doc = state.doc.toString()
      const found: Diagnostic[] = problems.map(p => ({
        ...stretchAt(doc, p.location, start),
        severity: 'error',
        message: p.message,
      }))
      view.current?.dispatch(setDiagnostics(state, found))
    },
    focus: () => view.current?.focus(),
  }
}
