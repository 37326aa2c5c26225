import { Popover as BasePopover } from '@base-ui/react/popover'
import { type ButtonHTMLAttributes, type ReactNode, useEffect, useRef, useState } from 'react'
import { navigate } from '../router.ts'
import { Icon, type IconName } from './icon.tsx'

/** An in-app link; modified clicks are left to the browser. */
export function Link({
  href,
  replace,
  children,
  onClick,
  ...rest
}: { href: string; replace?: boolean } & React.AnchorHTMLAttributes<HTMLAnchorElement>) {
  return (
    <a
      {...rest}
      href={href}
      onClick={event => {
        onClick?.(event)
        if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return
        event.preventDefault()
        navigate(href, replace ? { replace } : {})
      }}
    >
      {children}
    </a>
  )
}

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  icon?: IconName
  tone?: 'plain' | 'primary' | 'ghost'
  label?: string
}

/** A button; one without children shows its icon only and needs a label. */
export function Button({ icon, tone = 'plain', label, children, className = '', ...rest }: ButtonProps) {
  const only = children === undefined ? ' only' : ''
  return (
    <button type="button" className={`button ${tone}${only} ${className}`} aria-label={label} title={label} {...rest}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  )
}

export async function copyText(text: string): Promise<void> {
  await navigator.clipboard.writeText(text)
}

export function CopyButton({ text, what }: { text: string; what: string }) {
  const [done, setDone] = useState(false)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  const copy = async () => {
    await copyText(text)
    setDone(true)
    timer.current = setTimeout(() => setDone(false), 1500)
  }
  return (
    <button type="button" className="copy" aria-label={`Copy ${what}`} title={`Copy ${what}`} onClick={copy}>
      <Icon name={done ? 'check' : 'copy'} size={14} />
      <span className="sr" aria-live="polite">
        {done ? 'Copied' : ''}
      </span>
    </button>
  )
}

/** A command that a reader can paste into a terminal. */
export function Command({ text }: { text: string }) {
  return (
    <div className="command">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling frame must be reachable by keyboard */}
      <pre tabIndex={0}>{text}</pre>
      <CopyButton text={text} what="command" />
    </div>
  )
}

interface PopoverProps {
  trigger: ReactNode
  triggerClass?: string
  triggerLabel?: string
  title: string
  align?: 'start' | 'center' | 'end'
  className?: string
  children: ReactNode | ((close: () => void) => ReactNode)
}

export function Popover({
  trigger,
  triggerClass = '',
  triggerLabel,
  title,
  align = 'start',
  className = '',
  children,
}: PopoverProps) {
  const [open, setOpen] = useState(false)
  return (
    <BasePopover.Root open={open} onOpenChange={setOpen}>
      <BasePopover.Trigger className={triggerClass} aria-label={triggerLabel}>
        {trigger}
      </BasePopover.Trigger>
      <BasePopover.Portal>
        <BasePopover.Positioner className="positioner" align={align} sideOffset={6} collisionPadding={8}>
          <BasePopover.Popup className={`popover ${className}`}>
            <BasePopover.Title className="sr">{title}</BasePopover.Title>
            {typeof children === 'function' ? children(() => setOpen(false)) : children}
          </BasePopover.Popup>
        </BasePopover.Positioner>
      </BasePopover.Portal>
    </BasePopover.Root>
  )
}

interface Choice<T extends string> {
  value: T
  label: string
  icon?: IconName
  disabled?: boolean
}

/** A row of exclusive choices. */
export function Segments<T extends string>({
  label,
  value,
  choices,
  onChange,
}: {
  label: string
  value: T
  choices: readonly Choice<T>[]
  onChange: (value: T) => void
}) {
  return (
    <fieldset className="segments">
      <legend className="sr">{label}</legend>
      {choices.map(choice => (
        <button
          key={choice.value}
          type="button"
          aria-pressed={choice.value === value}
          disabled={choice.disabled}
          onClick={() => onChange(choice.value)}
        >
          {choice.icon && <Icon name={choice.icon} />}
          {choice.label}
        </button>
      ))}
    </fieldset>
  )
}

export function Panel({
  title,
  note,
  actions,
  className = '',
  children,
}: {
  title?: ReactNode
  note?: ReactNode
  actions?: ReactNode
  className?: string
  children: ReactNode
}) {
  return (
    <section className={`panel ${className}`}>
      {title !== undefined && (
        <header className="panel-head">
          <h2>{title}</h2>
          {note && <span className="note">{note}</span>}
          <span className="spacer" />
          {actions}
        </header>
      )}
      {children}
    </section>
  )
}

/** A frame in which a wide table scrolls sideways. */
export function Frame({ label, className = '', children }: { label: string; className?: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling frame must be reachable by keyboard
    <section className={`scroll-x ${className}`} tabIndex={0} aria-label={label}>
      {children}
    </section>
  )
}
