import { useId, useState } from 'react'
import { Button, Segments } from '../../ui/control.tsx'
import { ACTIONS, actionOf, inputText, parsePatch, patchOf, type Step, withAction, withInput } from './steps.ts'

interface EditorProps {
  steps: readonly Step[]
  name: string
  /** Names of fields to suggest. */
  fields: readonly string[]
  onChange: (steps: Step[], name?: string) => void
}

/** A patch, as steps to fill in or as text. */
export function PatchEditor({ steps, name, fields, onChange }: EditorProps) {
  const [mode, setMode] = useState<'steps' | 'text'>('steps')
  return (
    <div className="patch">
      <div className="patch-head">
        <h3>Patch</h3>
        <span className="spacer" />
        <Segments
          label="Edit the patch as"
          value={mode}
          choices={[
            { value: 'steps', label: 'Steps' },
            { value: 'text', label: 'Text' },
          ]}
          onChange={setMode}
        />
      </div>
      {mode === 'text' ? (
        <PatchText steps={steps} name={name} onChange={onChange} />
      ) : (
        <>
          <ol className="patch-steps">
            {steps.map((step, i) => (
              <StepRow
                // biome-ignore lint/suspicious/noArrayIndexKey: a step is known by its place
                key={i}
                step={step}
                number={i + 1}
                fields={fields}
                onChange={next => onChange(next ? steps.with(i, next) : steps.filter((_, k) => k !== i))}
              />
            ))}
          </ol>
          <p className="patch-add">
            <Button onClick={() => onChange([...steps, { field: fields[0] ?? '', set: '' }])}>Add a step</Button>
            {steps.length === 0 && (
              <span className="quiet">Without a step the events are judged again as they were received.</span>
            )}
          </p>
        </>
      )}
    </div>
  )
}

interface StepRowProps {
  step: Step
  number: number
  fields: readonly string[]
  /** Without a step: it is removed. */
  onChange: (step: Step | null) => void
}

function StepRow({ step, number, fields, onChange }: StepRowProps) {
  const list = useId()
  const name = actionOf(step)
  const action = ACTIONS[name] ?? { label: name, inputs: [] }
  const whole = action.whole === true
  return (
    <li className="patch-step">
      <fieldset>
        <legend className="sr">Step {number}</legend>
        {!whole && (
          <label>
            <span>Field</span>
            <input
              list={list}
              value={step.field ?? ''}
              placeholder={name === 'replace' ? 'whole payload' : 'column or path'}
              spellCheck={false}
              onChange={event => onChange({ ...step, field: event.target.value })}
            />
            <datalist id={list}>
              {fields.map(field => (
                <option key={field} value={field} />
              ))}
            </datalist>
          </label>
        )}
        <div className="patch-input">
          <label htmlFor={`${list}-does`}>Does</label>
          <select id={`${list}-does`} value={name} onChange={event => onChange(withAction(step, event.target.value))}>
            {Object.entries(ACTIONS).map(([key, { label }]) => (
              <option key={key} value={key}>
                {label}
              </option>
            ))}
          </select>
        </div>
        {action.inputs.map(input => {
          const text = inputText(step, name, input)
          const id = `${list}-${input.key}`
          const change = (to: string) => onChange(withInput(step, name, input, to))
          return (
            <div key={input.key || 'value'} className={input.kind === 'table' ? 'patch-input wide' : 'patch-input'}>
              <label htmlFor={id}>{input.label}</label>
              {input.choices ? (
                <select id={id} value={text} onChange={event => change(event.target.value)}>
                  {input.choices.map(choice => (
                    <option key={choice}>{choice}</option>
                  ))}
                </select>
              ) : input.kind === 'table' || input.kind === 'list' ? (
                <Lines id={id} text={text} placeholder={input.placeholder} onChange={change} />
              ) : (
                <input
                  id={id}
                  value={text}
                  inputMode={input.kind === 'number' ? 'numeric' : 'text'}
                  placeholder={input.placeholder}
                  spellCheck={false}
                  onChange={event => change(event.target.value)}
                />
              )}
            </div>
          )
        })}
        <label>
          <span>Only when</span>
          <input
            value={step.when ?? ''}
            placeholder="always"
            spellCheck={false}
            onChange={event => onChange({ ...step, when: event.target.value })}
          />
        </label>
        <Button icon="close" tone="ghost" label={`Remove step ${number}`} onClick={() => onChange(null)} />
      </fieldset>
    </li>
  )
}

/** Lines are read when the focus leaves them: half a line says nothing yet. */
function Lines({
  id,
  text,
  placeholder,
  onChange,
}: {
  id: string
  text: string
  placeholder?: string | undefined
  onChange: (text: string) => void
}) {
  const [draft, setDraft] = useState(text)
  return (
    <textarea
      id={id}
      rows={3}
      value={draft}
      placeholder={placeholder}
      spellCheck={false}
      onChange={event => setDraft(event.target.value)}
      onBlur={() => onChange(draft)}
    />
  )
}

function PatchText({ steps, name, onChange }: Omit<EditorProps, 'fields'>) {
  const [draft, setDraft] = useState(() => JSON.stringify(patchOf(name, steps), null, 2))
  const [wrong, setWrong] = useState('')
  const take = () => {
    try {
      const patch = parsePatch(draft)
      setWrong('')
      onChange(patch.steps, patch.name)
    } catch (error) {
      setWrong(error instanceof Error ? error.message : String(error))
    }
  }
  return (
    <div className="patch-text">
      <textarea
        aria-label="Patch as JSON"
        rows={12}
        value={draft}
        spellCheck={false}
        onChange={event => setDraft(event.target.value)}
        onBlur={take}
      />
      {wrong && (
        <p className="error-text" role="alert">
          This is no patch: {wrong}
        </p>
      )}
    </div>
  )
}
