// The steps of a patch as the editor shows them: one action each, with its few inputs. docs/patches.md says what they do.

export interface Step {
  field?: string
  when?: string
  [key: string]: unknown
}

interface Input {
  /** Path below the action, or empty for the action itself. */
  key: string
  label: string
  placeholder?: string
  kind?: 'text' | 'number' | 'table' | 'list'
  choices?: readonly string[]
}

interface Action {
  label: string
  inputs: readonly Input[]
  /** Without inputs: what the key is set to. */
  whole?: boolean
}

const value = (label: string, placeholder = ''): Input => ({ key: '', label, placeholder })
const number = (label: string, placeholder = ''): Input => ({ key: '', label, placeholder, kind: 'number' })

export const ACTIONS: Record<string, Action> = {
  set: { label: 'Set to', inputs: [value('Text', 'text, or {OtherField}')] },
  fill: { label: 'Fill if missing', inputs: [value('Text', 'text, or {OtherField}')] },
  default: { label: 'Default', inputs: [value('Text')] },
  clear: { label: 'Empty', inputs: [] },
  trim: { label: 'Trim blanks', inputs: [] },
  upper: { label: 'In capitals', inputs: [] },
  lower: { label: 'In small letters', inputs: [] },
  map: { label: 'Map values', inputs: [{ key: '', label: 'One old = new per line', kind: 'table' }] },
  replace: {
    label: 'Replace',
    inputs: [
      { key: 'regex', label: 'Pattern (RE2)', placeholder: '[oO]' },
      { key: 'with', label: 'By', placeholder: 'nothing' },
    ],
  },
  truncate: { label: 'Cut to', inputs: [number('Characters', '80')] },
  cast: {
    label: 'Write as',
    inputs: [{ key: '', label: 'Type', choices: ['integer', 'decimal', 'text', 'boolean'] }],
  },
  number: {
    label: 'Number as written in',
    inputs: [{ key: 'locale', label: 'Locale', choices: ['de', 'fr', 'ch', 'en'] }],
  },
  time: {
    label: 'Time from formats',
    inputs: [
      { key: 'formats', label: 'From, one per line', kind: 'list', placeholder: '02/01/2006 15:04' },
      { key: 'to', label: 'To', placeholder: '2006-01-02 15:04:05' },
    ],
  },
  scale: {
    label: 'Convert unit',
    inputs: [
      { key: 'factor', label: 'Times', placeholder: '1' },
      { key: 'by', label: 'Divided by', placeholder: '100' },
    ],
  },
  lookup: {
    label: 'Look up',
    inputs: [
      { key: 'field', label: 'By field' },
      { key: 'table', label: 'One key = value per line', kind: 'table' },
    ],
  },
  script: { label: 'Compute', inputs: [value('Expression', 'money(UnitPrice) * int(Quantity)')] },
  move: { label: 'Move to', inputs: [value('Field')] },
  copy: { label: 'Copy to', inputs: [value('Field')] },
  swap: { label: 'Swap with', inputs: [value('Field')] },
  rename: { label: 'Rename to (JSON)', inputs: [value('Name')] },
  remove: { label: 'Remove', inputs: [] },
  insert: { label: 'Insert a column', inputs: [] },
  join: { label: 'Join columns', inputs: [number('How many', '2')] },
  split: { label: 'Split column', inputs: [value('At', ';')] },
  columns: { label: 'Number of columns', inputs: [number('Columns', '8')], whole: true },
  encoding: {
    label: 'Encoding',
    inputs: [{ key: '', label: 'From', choices: ['windows-1252', 'iso-8859-1'] }],
    whole: true,
  },
  payload: { label: 'Whole payload', inputs: [value('Payload')], whole: true },
}

export function actionOf(step: Step): string {
  return (
    Object.keys(ACTIONS).find(name => name in step && name !== 'default') ?? ('default' in step ? 'default' : 'set')
  )
}

/** The step with another action, and that action's first values. */
export function withAction(step: Step, name: string): Step {
  const next: Step = {}
  const action = ACTIONS[name]
  if (step.field !== undefined && !action?.whole) next.field = step.field
  if (step.when !== undefined) next.when = step.when
  next[name] = (action?.inputs ?? []).length === 0 ? true : initial(action?.inputs ?? [])
  return next
}

function initial(inputs: readonly Input[]): unknown {
  const first = inputs[0]
  if (first?.key !== '') {
    return Object.fromEntries(inputs.filter(i => i.choices).map(i => [i.key, i.choices?.[0]]))
  }
  if (first.kind === 'table') return {}
  return first.choices?.[0] ?? (first.kind === 'number' ? Number(first.placeholder) : '')
}

function tableText(table: unknown): string {
  if (table === null || typeof table !== 'object') return ''
  return Object.entries(table)
    .map(([from, to]) => `${from} = ${to}`)
    .join('\n')
}

function tableOf(text: string): Record<string, string> {
  const table: Record<string, string> = {}
  for (const line of text.split('\n')) {
    const cut = line.indexOf('=')
    if (cut > 0) table[line.slice(0, cut).trim()] = line.slice(cut + 1).trim()
  }
  return table
}

/** What an input of a step shows. */
export function inputText(step: Step, action: string, input: Input): string {
  const whole = step[action]
  const part = input.key === '' ? whole : (whole as Record<string, unknown> | undefined)?.[input.key]
  if (input.kind === 'table') return tableText(part)
  if (input.kind === 'list') return Array.isArray(part) ? part.join('\n') : ''
  return part === undefined || part === null ? '' : String(part)
}

/** The step with another text in one of its inputs. */
export function withInput(step: Step, action: string, input: Input, text: string): Step {
  const part =
    input.kind === 'table'
      ? tableOf(text)
      : input.kind === 'list'
        ? text.split('\n').filter(line => line.trim() !== '')
        : input.kind === 'number'
          ? Number(text) || 0
          : text
  if (input.key === '') return { ...step, [action]: part }
  const whole = { ...(step[action] as Record<string, unknown>) }
  if (part === '') delete whole[input.key]
  else whole[input.key] = part
  return { ...step, [action]: whole }
}

/** The patch that the API takes. */
export function patchOf(name: string, steps: readonly Step[]): Record<string, unknown> {
  return { version: 1, name: name || 'repair', steps: steps.map(clean) }
}

function clean(step: Step): Step {
  return Object.fromEntries(Object.entries(step).filter(([, v]) => v !== '' && v !== undefined))
}

/** Reads a patch that was pasted: an object with steps. The error says what is wrong. */
export function parsePatch(text: string): { name: string; steps: Step[] } {
  const patch: unknown = JSON.parse(text)
  const steps = (patch as { steps?: unknown } | null)?.steps
  if (!Array.isArray(steps)) throw new Error('a patch is an object with "version", "name" and a list "steps"')
  return { name: String((patch as { name?: unknown }).name ?? 'repair'), steps: steps as Step[] }
}
